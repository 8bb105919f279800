// What the officer's two pages share: modules by their hashed addresses (our oldest browsers know no import map), the queue
// and its list, sentences of refusal, the look, the service worker. Imports nothing.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const find = (selector) => document.querySelector(selector);

/** {words, settings, queue, phone, format, modules, say, session()} once everything is loaded. `hooks`: onChange, onAnswer. */
export async function start(hooks) {
  const words = read("words"), settings = read("settings"), modules = settings.modules;
  const [phone, format, outbox, idb] = await Promise.all([modules.phone, modules.format, modules.outbox, modules.idb].map((url) => import(url)));
  let session = null, shell = null;
  const queue = await outbox.openOutbox({
    idb, owner: settings.user, nowUrl: settings.urls.now,
    onChange: () => { if (shell) { showQueue(); hooks.onChange(); } },
    onAnswer: (item, status, body) => hooks.onAnswer(item, status, body),
    onSession: (found) => {
      session = found;
      if (found.user !== settings.user) anew();
    },
  });
  shell = { anew, words, settings, queue, phone, format, modules, say, load, session: () => session };

  /** This page was made for somebody else (kept by the phone): get the signed-in user's own, at most twice a minute. */
  function anew() {
    tellWorker("forget");
    const last = Number(sessionStorage.getItem("officer-anew") || 0);
    if (Date.now() - last < 30000) return;
    sessionStorage.setItem("officer-anew", Date.now());
    setTimeout(() => location.reload(), 200);
  }

  /** A refusal in its own words, until it is put away. */
  function say(sentence, item) {
    const note = document.createElement("div"), text = document.createElement("p"), away = document.createElement("button");
    note.className = "notice notice--error";
    text.textContent = item ? `${words.verbs[item.verb]} · ${item.title}: ${sentence}` : sentence;
    away.type = "button";
    away.className = "button button--small";
    away.textContent = words.understood;
    away.addEventListener("click", () => {
      note.remove();
      if (item && item.refused && !item.bytes) queue.remove(item);
    });
    note.append(text, away);
    const place = find("[data-refusals]");
    place.textContent = "";
    place.append(note);
  }

  /** GET as JSON; null when there is no answer. Remembers whether the login has expired. */
  async function load(url) {
    try {
      const response = await fetch(url, { credentials: "same-origin", cache: "no-store", headers: { "X-Requested-With": "fetch" } });
      find("[data-login]").hidden = response.status !== 401;
      return response.ok ? await response.json() : null;
    } catch (error) { return null; }
  }

  // --- the queue, shown ------------------------------------------------------------------------------
  function showQueue() {
    const waiting = queue.waiting(), refused = queue.mine().filter((item) => item.refused), box = find("[data-queue]");
    box.hidden = !waiting.length && !refused.length;
    find("[data-queue-count]").textContent = [
      waiting.length ? words.waiting.replace("{count}", waiting.length) : "",
      refused.length ? words.refused.replace("{count}", refused.length) : "", words.halts[queue.state()] || "",
    ].filter(Boolean).join(" · ");
    const rows = find("[data-queue-list]");
    rows.textContent = "";
    waiting.concat(refused).forEach((item) => rows.append(row(item)));
    showAway();
    if (queue.state() === "login") find("[data-login]").hidden = false;
    const others = find("[data-others]");
    others.hidden = !queue.others();
    others.querySelector("span").textContent = words.others.replace("{count}", queue.others());
  }

  function row(item) {
    const line = document.createElement("li"), text = document.createElement("span"), share = queue.share(item);
    line.dataset.verb = item.verb;
    if (item.thumb) {
      const image = new Image(44, 44);
      image.src = item.thumb;
      image.alt = "";
      line.append(image);
    }
    text.textContent = `${words.verbs[item.verb]} · ${item.title || ""} · ${format.timeOfDay(item.at)}${share === null ? "" : ` · ${Math.round(share * 100)}%`}`;
    line.append(text);
    if (item.refused) {
      const why = document.createElement("em"), discard = document.createElement("button");
      why.textContent = item.refused;
      discard.type = "button";
      discard.className = "button button--small";
      discard.textContent = words.discard;
      discard.addEventListener("click", () => queue.remove(item));
      line.append(why, discard);
    }
    return line;
  }

  // --- network -----------------------------------------------------------------------------------------
  let isAway = false;

  /** What the browser says of the network is asked of the server once more: some say "offline" where only the cable is missing. */
  async function network() {
    const silent = navigator.onLine === false
      && await fetch(`${settings.urls.now}?only=session`, { credentials: "same-origin", cache: "no-store" }).then(() => false, () => true);
    isAway = silent && navigator.onLine === false;
    showAway();
  }

  /** A promise for what will be pressed; what waits already is counted in the queue, with the reason. */
  function showAway() {
    find("[data-offline]").hidden = !isAway || queue.waiting().length > 0;
  }

  // --- look, service worker ----------------------------------------------------------------------------
  const look = find("[data-theme-next]");
  if (look) {
    const theme = window.officerTheme, name = () => { look.querySelector("span").textContent = words.themes[theme.chosen()]; };
    look.addEventListener("click", () => {
      theme.choose(theme.choices[(theme.choices.indexOf(theme.chosen()) + 1) % theme.choices.length]);
      name();
    });
    name();
  }
  window.addEventListener("online", network);
  window.addEventListener("offline", network);
  network();
  document.querySelectorAll("[data-logout]").forEach((form) => form.addEventListener("submit", () => {
    tellWorker("forget");
    queue.forget("kept", "screen");  // what waits to be sent stays, what was only shown goes
  }));
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(settings.urls.worker, { scope: settings.urls.page }).then(() => navigator.serviceWorker.ready)
      .then((registration) => registration.active.postMessage({ type: "keep" })).catch(() => undefined);
  }
  showQueue();
  queue.drain();
  return shell;
}

function tellWorker(type) {
  const worker = navigator.serviceWorker && navigator.serviceWorker.controller;
  if (worker) worker.postMessage({ type });
}
