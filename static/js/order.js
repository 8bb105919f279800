// The orders on the officer's screen: each with the step that comes next, filled in as far as the officer has got. Works on
// what the server rendered; without network a step that was pressed is shown as done while it waits in the queue.

const AFTER = { accept: "accepted", arrive: "on_site", finish: "finished", decline: "declined" };
const SEEN = "officer-orders-seen", DISMISSED = "officer-orders-dismissed";

function list(name) {
  try { return JSON.parse(localStorage.getItem(name)) || []; } catch (error) { return []; }
}

function remember(name, pk) {
  try { localStorage.setItem(name, JSON.stringify([...list(name).filter((other) => other !== pk), pk].slice(-40))); } catch (error) { /* forbidden: asked again */ }
}

/** `say(sentence)` shows a refusal, `onChange(hasTask)` after every change. */
export function orders({ root, words, queue, phone, place, distance, bell, say, onChange }) {
  const drafts = new Map();  // order pk → {fields, photos: [{uuid, kind, thumb}]}

  const articles = () => Array.from(root.querySelectorAll("article"));
  const byThing = (thing) => articles().find((article) => article.dataset.thing === thing);
  const byOrder = (pk) => articles().find((article) => article.dataset.order === String(pk));
  const made = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };

  // --- what the server says ------------------------------------------------------------------------
  /** Payloads by thing (null: gone). `reset`: this is all there is. `quiet`: nothing new happened, it is only shown again. */
  async function apply(things, { reset = false, quiet = false } = {}) {
    if (reset) articles().forEach((article) => { if (!things[article.dataset.thing]) article.remove(); });
    for (const thing of Object.keys(things)) {
      const payload = things[thing], old = byThing(thing);
      if (!payload) { if (old) old.remove(); continue; }
      if (old && old.dataset.order === String(payload.order) && Number(old.dataset.v) > payload.v) continue;
      if (payload.kind === "over" && list(DISMISSED).includes(payload.order)) { if (old) old.remove(); continue; }
      await put(payload, old, quiet);
    }
    refresh();
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
      const active = old && old.contains(document.activeElement) ? document.activeElement.id : "";
      if (old) old.replaceWith(fresh); else root.prepend(fresh);
      await fill(fresh);
      if (same) carry(old, fresh);
      if (active && document.getElementById(active)) document.getElementById(active).focus();
      if (!quiet) announce(fresh, payload, old);
    }
  }

  /** A reason that is being given stays when the order is drawn anew. */
  function carry(old, fresh) {
    const before = old.querySelector("[data-because]"), after = fresh.querySelector("[data-because]");
    if (!before || !after) return;
    after.hidden = before.hidden;
    after.querySelector("[data-because-why]").textContent = before.querySelector("[data-because-why]").textContent;
    fresh.querySelector(".decline").open = old.querySelector(".decline").open;
    ["arrive", "decline"].forEach((verb) => {
      const [from, to] = [old, fresh].map((article) => Array.from(article.querySelector(`[data-verb=${verb}]`).querySelectorAll("[name=preset], [name=reason]")));
      from.forEach((field, at) => { to[at].checked = field.checked; if (field.name === "reason") to[at].value = field.value; });
    });
  }

  function announce(article, payload, old) {
    if (payload.kind === "alert" && !old) bell.change();
    if (payload.kind === "task" && payload.state === "sent" && !list(SEEN).includes(payload.order)) {
      remember(SEEN, payload.order);
      bell.order();
      window.scrollTo(0, 0);
    }
    if (["recalled", "expired"].includes(payload.state) || (payload.kind === "over" && !queueHas(payload.order) && payload.state === "finished" && drafts.has(payload.order))) {
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
        if (state === "on_site") lacking(article);
      } else if (article.dataset.kind === "over") {
        const draft = drafts.get(pk);
        const left = draft && !queueHas(pk) && (draft.photos.length || (draft.fields.note || "").trim());
        article.querySelector("[data-kept]").hidden = !left;
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

  // --- what is being filled in -----------------------------------------------------------------------
  async function fill(article) {
    const pk = Number(article.dataset.order);
    const draft = drafts.get(pk) || (await queue.kept("drafts", String(pk)));
    if (draft) drafts.set(pk, draft);
    if (article.dataset.kind !== "task") return;
    article.querySelector("[data-because]").hidden = true;
    const form = article.querySelector("form.handle");
    if (!draft) return;
    Object.keys(draft.fields).forEach((name) => {
      form.querySelectorAll(`[name="${name}"]`).forEach((field) => {
        if (field.type === "radio") field.checked = field.value === draft.fields[name];
        else if (field.type !== "file") field.value = draft.fields[name];
      });
    });
    form.dataset.outcome = draft.fields.outcome || "";
    mark(form);
    showShots(article, draft);
  }

  function draftOf(pk) {
    if (!drafts.has(pk)) drafts.set(pk, { fields: {}, photos: [] });
    return drafts.get(pk);
  }

  function read(article) {
    const form = article.querySelector("form.handle"), draft = draftOf(Number(article.dataset.order));
    form.querySelectorAll("[name]").forEach((field) => {
      if (["file", "hidden", "submit"].includes(field.type)) return;
      if (field.type === "radio") { if (field.checked) draft.fields[field.name] = field.value; }
      else draft.fields[field.name] = field.value;
    });
    form.dataset.outcome = draft.fields.outcome || "";
    queue.keep("drafts", article.dataset.order, draft);
    mark(form);
    lacking(article);
    return draft;
  }

  /** The quick phrases and days that are in the fields now. */
  function mark(form) {
    const note = form.querySelector("[name=note]").value, day = form.querySelector("[name=recheck_on]");
    form.querySelectorAll("[data-phrase]").forEach((pick) => pick.setAttribute("aria-pressed", String(note.includes(pick.dataset.phrase))));
    form.querySelectorAll("[data-date]").forEach((pick) => pick.setAttribute("aria-pressed", String(day.value === pick.dataset.date)));
  }

  /** What the chosen result still needs; the big button says it. */
  function lacking(article) {
    const form = article.querySelector("form.handle"), draft = draftOf(Number(article.dataset.order));
    const leads = Boolean(form.querySelector("[name=outcome]")), chosen = form.querySelector("[name=outcome]:checked");
    const needs = !leads ? ["note"] : chosen ? chosen.dataset.needs.split(" ") : ["outcome"];
    const missing = needs.filter((need) => (need === "photos" ? !draft.photos.length : need === "outcome" ? !chosen : !(draft.fields[need] || "").trim()));
    const next = article.querySelector(`[form="${form.id}"] [data-next]`);
    next.dataset.full = next.dataset.full || next.textContent;
    next.textContent = missing.length ? words.lacking.replace("{what}", missing.map((need) => words.needs[need]).join(words.and)) : next.dataset.full;
    next.parentElement.classList.toggle("thumb__next--wait", missing.length > 0);
    return missing;
  }

  function showShots(article, draft) {
    article.querySelectorAll("[data-shots]").forEach((strip) => {
      strip.textContent = "";
      draft.photos.filter((photo) => photo.kind === strip.dataset.shots).forEach((photo, index) => {
        const item = document.createElement("li"), away = document.createElement("button");
        if (photo.thumb) {
          const image = new Image(88, 88);
          image.src = photo.thumb;
          image.alt = `${words.kinds[photo.kind]} ${index + 1}`;
          item.append(image);
        } else item.textContent = `${words.kinds[photo.kind]} ${index + 1}`;
        away.type = "button";
        away.className = "thumbs__away";
        away.textContent = "×";
        away.setAttribute("aria-label", words.remove_photo);
        away.dataset.away = photo.uuid;
        item.append(away);
        strip.append(item);
      });
    });
  }

  async function shoot(article, input) {
    const pk = Number(article.dataset.order), kind = input.dataset.shot;
    for (const file of Array.from(input.files)) {
      const uuid = phone.uuid(), thumb = await phone.thumb(file), sent = await phone.forSending(file);
      await queue.add({
        uuid, verb: "photo", url: words.urls.upload, order: pk, title: title(article), fields: { kind, order: pk },
        bytes: await bytesOf(sent), type: sent.type || file.type, thumb,
      });
      const draft = draftOf(pk);
      draft.photos.push({ uuid, kind, thumb });
      await queue.keep("drafts", String(pk), draft);
      showShots(article, draft);
    }
    input.value = "";
    lacking(article);
    queue.drain();
  }

  async function unshoot(article, uuid) {
    const draft = draftOf(Number(article.dataset.order));
    draft.photos = draft.photos.filter((photo) => photo.uuid !== uuid);
    await queue.keep("drafts", article.dataset.order, draft);
    const waiting = queue.mine().find((item) => item.uuid === uuid);
    if (waiting) await queue.remove(waiting);
    showShots(article, draft);
    lacking(article);
  }

  const title = (article) => { const name = article.querySelector("h1"); return name ? name.textContent : ""; };

  // --- what the officer presses ------------------------------------------------------------------------
  async function act(article, verb, url, fields) {
    await queue.add({ uuid: phone.uuid(), verb, url, order: Number(article.dataset.order), title: title(article), fields });
    refresh();
    queue.drain();
  }

  async function arrive(pressed) {
    const button = pressed.querySelector(".thumb .step--accepted [data-next]"), text = button.textContent;
    button.textContent = words.locating;
    const fix = await place.ask();
    button.textContent = text;
    const article = byOrder(pressed.dataset.order);  // may have been renewed meanwhile
    if (!article || article.dataset.state !== "accepted") return;
    const form = article.querySelector("[data-verb=arrive]"), because = form.querySelector("[data-because]");
    const picked = form.querySelector("[name=preset]:checked");
    const reason = [picked && picked.value, form.elements.reason.value.trim()].filter(Boolean).join(words.and);
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
    const draft = read(article), missing = lacking(article);
    if (missing.length) {
      const at = { photos: ".shots", outcome: ".outcomes", note: "[name=note]", question: "[name=question]", police_contact: "[name=police_contact]" };
      const target = form.querySelector(at[missing[0]] || `[name="${missing[0]}"]`) || form.querySelector(`.need--${draft.fields.outcome}`);
      target.scrollIntoView({ block: "center" });
      if (target.matches("textarea, input, select")) target.focus();
      return;
    }
    await act(article, "finish", form.action, { ...needed(form, draft), photos: draft.photos.map((photo) => photo.uuid) });
  }

  /** Only what the chosen result asks for: a date typed for another result is not sent. */
  function needed(form, draft) {
    const chosen = form.querySelector("[name=outcome]:checked");
    const names = ["outcome", ...(chosen ? chosen.dataset.needs.split(" ") : ["note"])];
    return Object.fromEntries(names.filter((name) => name !== "photos" && draft.fields[name]).map((name) => [name, draft.fields[name]]));
  }

  root.addEventListener("submit", (event) => {
    const form = event.target, article = form.closest("article"), verb = form.dataset.verb;
    if (!verb) return;
    event.preventDefault();
    if (verb === "arrive") arrive(article);
    else if (verb === "finish") finish(article, form);
    else if (verb === "decline") {
      const picked = form.querySelector("[name=preset]:checked"), reason = form.elements.reason.value.trim();
      if (!picked && !reason) { say(words.why_not); form.elements.reason.focus(); return; }
      act(article, "decline", form.action, { preset: picked ? picked.value : "", reason });
    } else act(article, verb, form.action, {});
  });

  root.addEventListener("click", (event) => {
    const target = event.target.closest("[data-opens], [data-phrase], [data-date], [data-away], [data-confirm], [data-dismiss], [data-keep]");
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
      read(article);
    } else if ("date" in data) {
      article.querySelector("[name=recheck_on]").value = data.date;
      read(article);
    } else if ("away" in data) unshoot(article, data.away);
    else if ("confirm" in data) {
      event.preventDefault();
      const draft = read(article);
      if (!(draft.fields.note || "").trim()) article.querySelector("[name=note]").focus();
      else act(article, "confirm", target.formAction, { note: draft.fields.note });
    } else if ("keep" in data) {
      const pk = Number(article.dataset.order), draft = drafts.get(pk);
      act(article, "finish", words.urls.act.replace("/0/", `/${pk}/`), { note: draft.fields.note || "", photos: draft.photos.map((photo) => photo.uuid) });
    } else if ("dismiss" in data) {
      const pk = Number(article.dataset.order);
      remember(DISMISSED, pk);
      drafts.delete(pk);
      queue.forget("drafts", String(pk));
      article.remove();
      refresh();
    }
  });

  root.addEventListener("input", (event) => { if (event.target.closest("form.handle") && event.target.type !== "file") read(event.target.closest("article")); });
  root.addEventListener("change", (event) => {
    if (event.target.dataset.shot) shoot(event.target.closest("article"), event.target);
    else if (event.target.closest("form.handle")) read(event.target.closest("article"));
  });

  /** The server has answered something of the queue. */
  function answered(item, status, body) {
    const article = item.order && byOrder(item.order);
    if (status >= 200 && status < 300) {
      if (item.verb === "finish") { drafts.delete(item.order); queue.forget("drafts", String(item.order)); }
      if (article && body.state && article.dataset.kind === "task") article.dataset.server = body.state;
    } else if (body.kept) {
      drafts.delete(item.order);
      queue.forget("drafts", String(item.order));
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
    fill(article).then(refresh);
  });
  return { apply, answered, refresh, showDistance };
}

export const bytesOf = (blob) => new Response(blob).arrayBuffer();
