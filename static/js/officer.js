// The officer's page: orders that appear by themselves, one big button for the next step. Everything else is in the modules
// that settings name by their hashed addresses.

const POSITION_MS = 10000, POSITION_STILL_MS = 30000, POSITION_METRES = 20, ALIVE_MS = 240000, STALE_MS = 30000;
const find = (selector) => document.querySelector(selector);

async function main() {
  const settings = JSON.parse(document.getElementById("settings").textContent), modules = settings.modules;
  const [{ start }, order, { filling, title }, { receipts }, live] = await Promise.all([modules.shell, modules.order, modules.filling, modules.receipts, modules.live, modules.clock].map((url) => import(url)));
  let screen = null, hasTask = false, refreshedAt = Date.now(), dutyTimer = 0, soon = 0;

  const shell = await start({
    onChange: () => { if (screen) { screen.refresh(); showSigns(); } },
    onAnswer: (item, status, body) => { if (screen) screen.answered(item, status, body); refreshSoon(); },
  });
  const { words, queue, phone, format } = shell;
  const box = find("#orders");
  const bell = phone.bell(showSound);
  const place = phone.follow(send, (state) => { document.body.dataset.position = state; });
  const onDuty = () => Boolean(find("[data-on-duty]").dataset.onDuty);
  let awakeWanted = true;
  const awake = phone.keepAwake(() => awakeWanted && onDuty());

  const told = receipts({ root: box, post });
  screen = order.orders({ root: box, words, queue, phone, place, distance: format.distance, bell, say: shell.say, onChange: showTask, filling, title });

  function showTask(busy) {
    hasTask = busy;
    told.refresh();
    document.querySelectorAll("[data-idle], [data-idle-foot]").forEach((part) => { part.hidden = busy; });
    find("[data-also]").hidden = !busy;
    document.body.classList.toggle("has-task", busy);
  }

  function showSound() {
    const off = find("[data-sound-off]");
    if (off) off.hidden = bell.ready() || !onDuty();
  }

  // --- what the server says --------------------------------------------------------------------------
  function keep(things) {
    queue.keep("kept", "screen", { at: Date.now(), things });
  }

  let known = {};
  const connection = live.connect({
    surface: "officer", mark: find(".live-mark"),
    onThings(things, { reset }) {
      known = reset ? { ...things } : { ...known, ...things };
      Object.keys(known).forEach((thing) => { if (!known[thing]) delete known[thing]; });
      keep(known);
      screen.apply(things, { reset });
      if (!reset) refreshSoon();
    },
    onState(state) { if (state === "live") queue.drain(); },
    onRefused() { find("[data-login]").hidden = false; return true; },  // stay: what is being filled in must not vanish
  });

  /** Everything once more: after waking up, after an answer, when duty begins or ends. */
  async function refresh() {
    clearTimeout(soon);
    soon = 0;
    refreshedAt = Date.now();
    const found = await shell.load(settings.urls.now);
    if (!found) return;
    if (found.user !== settings.user) { shell.anew(); return; }
    document.querySelectorAll("[data-status]").forEach((part) => { part.innerHTML = found.status; });
    find("[data-day]").innerHTML = found.day;
    const open = Array.from(find("[data-roster]").querySelectorAll("details")).map((part) => part.open);
    find("[data-roster]").innerHTML = found.roster;
    find("[data-roster]").querySelectorAll("details").forEach((part, at) => { if (at in open) part.open = open[at]; });
    showSigns();
    known = found.things;
    keep(known);
    await screen.apply(found.things, { reset: true });
    watchDuty();
  }

  function refreshSoon() {
    if (!soon) soon = setTimeout(refresh, 800);
  }

  function watchDuty() {
    clearTimeout(dutyTimer);
    find("[data-idle-hint]").hidden = !onDuty();
    awake();
    showSound();
    const next = Number(find("[data-duty-changes]").dataset.dutyChanges) - format.serverNow();
    if (next > 0 && next < 86400000) dutyTimer = setTimeout(refresh, next + 1500);
  }

  // --- signing on and off duty --------------------------------------------------------------------------
  /** What was pressed and waits in the queue cannot be pressed again. */
  function showSigns() {
    document.querySelectorAll("[data-sign]").forEach((form) => {
      const waits = queue.waiting().some((item) => item.verb === form.dataset.sign && item.url === form.action);
      form.querySelector("button").disabled = waits;
      form.querySelector("[data-sign-waits]").hidden = !waits;
    });
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if ("help" in form.dataset) { event.preventDefault(); callHelp(form); return; }
    if (!form.dataset.sign) return;
    event.preventDefault();
    form.querySelector("button").disabled = true;
    await queue.add({ uuid: phone.uuid(), verb: form.dataset.sign, url: form.action, title: form.dataset.title, fields: {} });
    queue.drain();
  });

  /** At once, with the last known place; a better one follows when the device has it. */
  async function callHelp(form) {
    form.closest("details").open = false;
    const say = async (fix) => {
      const uuid = phone.uuid(), fields = fix ? { lon: fix.lon.toFixed(6), lat: fix.lat.toFixed(6) } : {};
      try {  // not behind a photo that is just going out
        const answer = await post(form.action, new URLSearchParams({ ...fields, uuid, phone_at: Math.round(format.serverNow()) }));
        if (answer.ok) { refreshSoon(); return; }
      } catch (error) { /* no network: it waits in the queue, first of all */ }
      await queue.add({ uuid, verb: "help", url: form.action, title: form.dataset.title, fields });
      queue.drain();
    };
    const known = place.latest();
    await say(known);
    if (!known || Date.now() - known.at > 20000) {
      const fix = await place.ask(8000);
      if (fix) say(fix);
    }
  }

  /** What the page says by itself. */
  function post(url, body) {
    const token = (shell.session() || {}).token || settings.token;
    return fetch(url, {
      method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": token, "X-Requested-With": "fetch", Accept: "application/json" },
    });
  }

  // --- position ----------------------------------------------------------------------------------------
  let sentAt = 0, sentFrom = null, refusedUntil = 0;
  async function send(fix) {
    if (screen) screen.showDistance();
    const now = Date.now(), moved = sentFrom ? phone.metres([sentFrom.lon, sentFrom.lat], [fix.lon, fix.lat]) : Infinity;
    if (!onDuty() || now < refusedUntil || now - sentAt < (moved > POSITION_METRES ? POSITION_MS : POSITION_STILL_MS)) return;
    sentAt = now;
    const body = new URLSearchParams({ lon: fix.lon.toFixed(6), lat: fix.lat.toFixed(6), accuracy: Math.round(fix.accuracy), phone_at: Math.round(format.serverNow()) });
    if (fix.heading !== null) body.append("heading", Math.round(fix.heading));
    try {
      const response = await post(settings.urls.position, body);
      if (response.ok) sentFrom = fix;
      else if (response.status === 401) find("[data-login]").hidden = false;
      else refusedUntil = now + 60000;  // off duty, outside the county: once a minute is enough
    } catch (error) { /* no network: the next fix says where he is then */ }
  }

  // --- the page itself -----------------------------------------------------------------------------------
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && Date.now() - refreshedAt > STALE_MS) refresh(); });
  window.addEventListener("online", () => refreshSoon());
  setInterval(() => { if (onDuty() && document.visibilityState === "visible" && Date.now() - Math.max(sentAt, refreshedAt) > ALIVE_MS) refresh(); }, 30000);
  setInterval(screen.showDistance, 5000);
  find("[data-sound-test]").addEventListener("click", () => bell.order());
  const switchAwake = find("[data-awake]");
  switchAwake.addEventListener("click", () => {
    awakeWanted = !awakeWanted;
    switchAwake.setAttribute("aria-pressed", String(awakeWanted));
    awake();
  });
  const before = await queue.kept("kept", "screen");  // newer than this page when the page came from the phone itself
  if (before && before.at > Number(box.dataset.now) && !Object.keys(known).length) await screen.apply(before.things, { reset: true, quiet: true });
  watchDuty();
  screen.refresh();
  showSigns();
  window.addEventListener("pagehide", () => connection.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

main();
