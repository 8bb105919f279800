// The orders on the officer's screen: each with the step that comes next, filled in as far as the officer has got. Works on
// what the server rendered; without network a step that was pressed is shown as done while it waits in the queue.

const AFTER = { accept: "accepted", arrive: "on_site", finish: "finished", decline: "declined", recuse: "declined" };
const LONGEST_PRESS_MS = 10000;
const ECHO_MS = 600; // the next step's button stands where the finger still is: a second tap so soon is the first one's echo
const SEEN = "officer-orders-seen", DISMISSED = "officer-orders-dismissed";

function list(name) {
  try { return JSON.parse(localStorage.getItem(name)) || []; } catch (error) { return []; }
}

function remember(name, pk) {
  try { localStorage.setItem(name, JSON.stringify([...list(name).filter((other) => other !== pk), pk].slice(-40))); } catch (error) { /* forbidden: asked again */ }
}

/** `say(sentence)` shows a refusal, `onChange(hasTask)` after every change. */
export function orders({ root, words, queue, phone, place, distance, bell, say, onChange, filling, title }) {
  const articles = () => Array.from(root.querySelectorAll("article"));
  const byThing = (thing) => articles().find((article) => article.dataset.thing === thing);
  const byOrder = (pk) => articles().find((article) => article.dataset.order === String(pk));
  const drafts = filling({ words, queue, phone, byOrder });
  const made = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };

  // A button under a finger must still be there when the finger goes up, or the press is heard by nobody.
  let lifted = Promise.resolve();
  root.addEventListener("pointerdown", () => {
    lifted = new Promise((done) => {
      ["pointerup", "pointercancel"].forEach((name) => addEventListener(name, () => setTimeout(done, 50), { once: true }));  // the click comes after
      setTimeout(done, LONGEST_PRESS_MS);
    });
  });

  // --- a press is heard once -----------------------------------------------------------------------------
  const held = new Map();  // order → until when its buttons do not react
  const isHeld = (article) => (held.get(article.dataset.order) || 0) > Date.now();
  const showHeld = (article) => article.querySelectorAll(".thumb button, form[data-verb] button, [data-keep]").forEach((button) => { button.disabled = isHeld(article); });
  const release = (pk) => { held.delete(pk); const article = byOrder(pk); if (article) showHeld(article); };

  function hold(article, ms) {
    const pk = article.dataset.order, until = Date.now() + ms;
    held.set(pk, until);
    showHeld(article);
    setTimeout(() => { if (held.get(pk) === until) release(pk); }, ms);
  }

  // --- what the server says ------------------------------------------------------------------------
  /** Payloads by thing (null: gone). `reset`: this is all there is. `quiet`: nothing new happened, it is only shown again. */
  async function apply(things, { reset = false, quiet = false } = {}) {
    await lifted;
    if (reset) articles().forEach((article) => { if (!things[article.dataset.thing]) leave(article); });
    for (const thing of Object.keys(things)) {
      const payload = things[thing], old = byThing(thing);
      if (!payload) { if (old) leave(old); continue; }
      if (old && old.dataset.order === String(payload.order) && Number(old.dataset.v) > payload.v) continue;
      if (payload.kind === "over" && list(DISMISSED).includes(payload.order)) { if (old) old.remove(); continue; }
      await put(payload, old, quiet);
    }
    if (reset) await findLeft();
    refresh();
  }

  /** What is no longer shown goes; an order that ended while this phone was without network leaves a word. */
  function leave(article) {
    if (article.dataset.kind === "task") article.replaceWith(gone(Number(article.dataset.order), title(article)));
    else if (article.dataset.state !== "gone") article.remove();
  }

  function gone(pk, name) {
    const article = document.getElementById("order-gone").content.firstElementChild.cloneNode(true);
    Object.assign(article.dataset, { order: pk, thing: `gone:${pk}`, at: Date.now() });
    article.querySelector("[data-title]").textContent = name;
    return article;
  }

  /** Photos and notes of orders that are no longer on the screen: nothing is lost without being asked for. */
  async function findLeft() {
    for (const [pk, draft] of await drafts.left()) {
      if (!byOrder(pk) && !queueHas(pk)) root.append(gone(pk, draft.title || ""));
    }
  }

  /** Only the parts that others change are renewed while the step stays: the officer's own filling-in is not touched. */
  async function put(payload, old, quiet) {
    const fresh = made(payload.html);
    const same = old && old.dataset.order === fresh.dataset.order && old.dataset.kind === fresh.dataset.kind;
    fresh.dataset.server = fresh.dataset.rendered = payload.state;
    if (same && fresh.dataset.kind === "task" && old.dataset.rendered === payload.state) {
      old.querySelectorAll("[data-part]").forEach((part) => part.replaceWith(fresh.querySelector(`[data-part=${part.dataset.part}]`)));
      old.dataset.v = payload.v;
      old.dataset.server = payload.state;
    } else {
      const active = document.activeElement;
      if (same) carry(old, fresh);
      if (old) old.replaceWith(fresh); else root.prepend(fresh);
      if (fresh.dataset.kind === "task") showHeld(fresh);
      if (same && fresh.contains(active)) active.focus();
      if (!same || fresh.dataset.kind !== "task") await drafts.fill(fresh);
      if (!quiet) announce(fresh, payload, old);
    }
  }

  /** What the officer is in the middle of goes over as it is: a camera may be open for one of its inputs. */
  function carry(old, fresh) {
    [".handle", "[data-verb=arrive]", ".decline", ".aside"].forEach((part) => {
      const mine = old.querySelector(part), drawn = fresh.querySelector(part);
      if (mine && drawn) drawn.replaceWith(mine);
    });
  }

  function announce(article, payload, old) {
    if (payload.kind === "alert" && !old) bell.change();
    if (payload.kind === "task" && payload.state === "sent" && !list(SEEN).includes(payload.order)) {
      remember(SEEN, payload.order);
      bell.order();
      window.scrollTo(0, 0);
    }
    if (["recalled", "expired"].includes(payload.state) || (payload.kind === "over" && !queueHas(payload.order) && payload.state === "finished" && drafts.of(payload.order))) {
      bell.change();
      window.scrollTo(0, 0);
    }
  }

  // --- what is shown ---------------------------------------------------------------------------------
  const queueHas = (pk) => queue.waiting().some((item) => item.order === pk && AFTER[item.verb]);

  /** The step shown is the server's, or the one that waits in the queue. */
  function refresh() {
    let busy = false;
    articles().forEach((article) => {
      const pk = Number(article.dataset.order);
      if (article.dataset.kind === "task") {
        const pending = queue.waiting().filter((item) => item.order === pk && AFTER[item.verb]).pop();
        const state = pending ? AFTER[pending.verb] : article.dataset.server;
        if (article.dataset.state !== state) { article.dataset.state = state; window.scrollTo(0, 0); }
        article.querySelectorAll(".steps li").forEach((step) => {
          const names = ["sent", "accepted", "on_site", "finished"];
          const at = names.indexOf(state), own = names.indexOf(step.dataset.step);
          step.toggleAttribute("data-done", own < at);
          if (own === at) step.setAttribute("aria-current", "step"); else step.removeAttribute("aria-current");
        });
        if (state !== "declined") busy = true;
        showHeld(article);
        if (state === "on_site") drafts.lacking(article);
      } else if (article.dataset.kind === "over") {
        article.querySelector("[data-kept]").hidden = queueHas(pk) || !drafts.hasContent(drafts.of(pk));
      }
    });
    articles().filter((article) => article.dataset.kind === "over" && article.dataset.state === "finished").forEach((article) => {
      article.hidden = busy && article.querySelector("[data-kept]").hidden;  // good news can wait while there is work
    });
    sort();
    showDistance();
    onChange(busy);
  }

  /** What is to be done first, then what has ended, the newest on top. */
  function sort() {
    const before = articles(), rank = (article) => [["task", "alert", "over"].indexOf(article.dataset.kind), -Number(article.dataset.at)];
    const after = before.slice().sort((a, b) => { const [k, t] = rank(a), [l, u] = rank(b); return k - l || t - u; });
    if (after.some((article, at) => article !== before[at])) after.forEach((article) => root.append(article));
  }

  /** Metres to the place, as the device knows them now. */
  function showDistance() {
    const fix = place.latest();
    articles().filter((article) => article.dataset.kind === "task").forEach((article) => {
      const line = article.querySelector("[data-distance]");
      const far = fix && Date.now() - fix.at < 120000 ? metresTo(article, fix) : null;
      line.hidden = far === null;
      if (far !== null) line.textContent = words.distance.replace("{distance}", distance(far));
    });
  }

  const metresTo = (article, fix) => phone.metres([Number(article.dataset.lon), Number(article.dataset.lat)], [fix.lon, fix.lat]);

  // --- what the officer presses ------------------------------------------------------------------------
  async function act(article, verb, url, fields) {
    hold(article, ECHO_MS);
    await queue.add({ uuid: phone.uuid(), verb, url, order: Number(article.dataset.order), title: title(article), fields });
    refresh();
    queue.drain();
  }

  function reasonOf(article) {
    const form = article.querySelector("[data-verb=arrive]"), picked = form.querySelector("[name=preset]:checked");
    return [picked && picked.value, form.elements.reason.value.trim()].filter(Boolean).join(words.and);
  }

  async function arrive(pressed) {
    const button = pressed.querySelector(".thumb .step--accepted [data-next]"), text = button.textContent;
    button.textContent = words.locating;
    hold(pressed, LONGEST_PRESS_MS);
    const fix = await place.ask(reasonOf(pressed) ? 2000 : 8000);  // who has given a reason need not wait for a position
    button.textContent = text;
    release(pressed.dataset.order);
    const article = byOrder(pressed.dataset.order);  // may have been renewed meanwhile
    if (!article || article.dataset.state !== "accepted") return;
    const form = article.querySelector("[data-verb=arrive]"), because = form.querySelector("[data-because]");
    const reason = reasonOf(article);
    const radius = Number(article.dataset.radius), far = fix ? metresTo(article, fix) : null;
    const inside = far !== null && far <= radius + Math.min(fix.accuracy || 0, radius);
    if (!inside && !reason) {
      because.querySelector("[data-because-why]").textContent = far === null ? words.no_position
        : words.too_far.replace("{distance}", distance(far)).replace("{radius}", distance(radius));
      because.hidden = false;
      because.scrollIntoView({ block: "center" });
      return;
    }
    await act(article, "arrive", form.action, {
      lon: fix && fix.lon.toFixed(6), lat: fix && fix.lat.toFixed(6), accuracy: fix && Math.round(fix.accuracy), reason,
    });
  }

  async function finish(article, form) {
    const draft = drafts.read(article), missing = drafts.lacking(article);
    if (missing.length) {
      const at = { photos: ".shots", outcome: ".outcomes", note: "[name=note]", party: "[name=party]", question: "[name=question]", police_contact: "[name=police_contact]" };
      if (missing[0] === "party") form.querySelector("[data-party]").open = true;
      const target = form.querySelector(at[missing[0]] || `[name="${missing[0]}"]`) || form.querySelector(`.need--${draft.fields.outcome}`);
      target.scrollIntoView({ block: "center" });
      if (target.matches("textarea, input, select")) target.focus();
      return;
    }
    await act(article, "finish", form.action, { ...drafts.needed(form, draft), photos: draft.photos.map((photo) => photo.uuid) });
  }

  root.addEventListener("submit", (event) => {
    const form = event.target, article = form.closest("article"), verb = form.dataset.verb;
    if (!verb) return;
    event.preventDefault();
    if (isHeld(article)) return;
    if (verb === "arrive") arrive(article);
    else if (verb === "finish") finish(article, form);
    else if (verb === "decline") {
      const picked = form.querySelector("[name=preset]:checked"), reason = form.elements.reason.value.trim();
      if (!picked && !reason) { say(words.why_not); form.elements.reason.focus(); return; }
      act(article, "decline", form.action, { preset: picked ? picked.value : "", reason });
    } else if (verb === "recuse") {
      const picked = form.querySelector("[name=relation]:checked");
      if (!picked) { say(words.which_relation); form.scrollIntoView({ block: "center" }); return; }
      act(article, "recuse", form.action, { relation: picked.value, about: form.elements.about.value.trim() });
    } else act(article, verb, form.action, {});
  });

  root.addEventListener("click", (event) => {
    const target = event.target.closest("[data-opens], [data-phrase], [data-date], [data-confirm], [data-dismiss], [data-keep]");
    if (!target) return;
    const article = target.closest("article"), data = target.dataset;
    if ("opens" in data) {
      event.preventDefault();
      const panel = document.getElementById(data.opens);
      panel.open = true;
      panel.scrollIntoView({ block: "center" });
    } else if ("phrase" in data) {
      const note = article.querySelector("[name=note]"), text = note.value.trim();
      note.value = text.includes(data.phrase) ? text.replace(data.phrase, "").trim() : [text, data.phrase].filter(Boolean).join(words.and);
      drafts.read(article);
    } else if ("date" in data) {
      article.querySelector("[name=recheck_on]").value = data.date;
      drafts.read(article);
    } else if ("confirm" in data) {
      event.preventDefault();
      const draft = drafts.read(article);
      if (!(draft.fields.note || "").trim()) article.querySelector("[name=note]").focus();
      else act(article, "confirm", target.formAction, { note: draft.fields.note });
    } else if ("keep" in data) {
      const pk = Number(article.dataset.order), draft = drafts.of(pk);
      act(article, "finish", words.urls.act.replace("/0/", `/${pk}/`), { note: draft.fields.note || "", photos: draft.photos.map((photo) => photo.uuid) });
    } else if ("dismiss" in data) {
      const pk = Number(article.dataset.order);
      remember(DISMISSED, pk);
      drafts.forget(pk);
      article.remove();
      refresh();
    }
  });

  root.addEventListener("input", (event) => { if (event.target.closest("form.handle") && event.target.type !== "file") drafts.read(event.target.closest("article")); });
  root.addEventListener("change", (event) => {
    if (event.target.dataset.shot) drafts.shoot(event.target.closest("article"), event.target);
    else if (event.target.closest("form.handle")) drafts.read(event.target.closest("article"));
  });

  /** The server has answered something of the queue. */
  function answered(item, status, body) {
    const article = item.order && byOrder(item.order);
    if (status >= 200 && status < 300) {
      if (item.verb === "finish") drafts.forget(item.order);
      if (article && body.state && article.dataset.kind === "task") article.dataset.server = body.state;
    } else if (body.kept) {
      drafts.forget(item.order);
      say(body.detail);
    } else {
      if (item.verb === "arrive" && article) {
        const because = article.querySelector("[data-because]");
        if (because) { because.hidden = false; because.querySelector("[data-because-why]").textContent = body.detail; }
      }
      say(body.detail, item);
    }
    refresh();
  }

  articles().forEach((article) => {
    article.dataset.server = article.dataset.rendered = article.dataset.state;
    drafts.fill(article).then(refresh);
  });
  return { apply, answered, refresh, showDistance };
}
