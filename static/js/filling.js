// What an officer fills in on the spot: result, note, photos. Kept on the phone with every stroke, so that it survives a call
// that comes in, a closed page and an expired login; gone when the server has it. Imports nothing.

export const bytesOf = (blob) => new Response(blob).arrayBuffer();
export const title = (article) => { const name = article.querySelector("h1"); return name ? name.textContent : ""; };

/** A unified social credit code as it is kept: capital letters, no blanks, half width. */
export const tidyCode = (text) => (text || "").normalize("NFKC").toUpperCase().replace(/\s+/g, "");

/** Whether the last of the 18 signs follows from the others (GB 32100); the server asks again. */
export function isCreditCode(code) {
  const signs = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  let sum = 0, weight = 1;
  for (const sign of code.slice(0, 17)) {
    if (!signs.includes(sign)) return false;
    sum += signs.indexOf(sign) * weight;
    weight = (weight * 3) % 31;
  }
  return code.length === 18 && signs[(31 - (sum % 31)) % 31] === code[17];
}

/** Small pictures with a button that takes each away; a photo that this browser cannot draw is named. */
export function showThumbs(strip, photos, words, away) {
  strip.textContent = "";
  photos.forEach((photo, index) => {
    const item = document.createElement("li"), button = document.createElement("button"), name = `${words.kinds[strip.dataset.shots]} ${index + 1}`;
    if (photo.thumb) {
      const image = new Image(88, 88);
      image.src = photo.thumb;
      image.alt = name;
      item.append(image);
    } else item.textContent = name;
    button.type = "button";
    button.className = "thumbs__away";
    button.textContent = "×";
    button.setAttribute("aria-label", words.remove_photo);
    button.addEventListener("click", () => away(photo));
    item.append(button);
    strip.append(item);
  });
}

/** `byOrder(pk)`: the article that shows an order now; it may have been drawn anew while a photo was being read. */
export function filling({ words, queue, phone, byOrder }) {
  const drafts = new Map();  // order pk → {fields, photos: [{uuid, kind, thumb}], title}

  const of = (pk) => drafts.get(pk);
  const hasContent = (draft) => Boolean(draft && (draft.photos.length || (draft.fields.note || "").trim()));

  function start(pk) {
    if (!drafts.has(pk)) drafts.set(pk, { fields: {}, photos: [], title: byOrder(pk) ? title(byOrder(pk)) : "" });
    return drafts.get(pk);
  }

  async function restore(pk) {
    const kept = drafts.has(pk) ? null : await queue.kept("drafts", String(pk));
    if (kept && !drafts.has(pk)) drafts.set(pk, kept);  // unless a photo was quicker
    return drafts.get(pk);
  }

  function forget(pk) {
    drafts.delete(pk);
    return queue.forget("drafts", String(pk));
  }

  /** Orders of which something is kept that was not sent: [[pk, draft]]. */
  async function left() {
    const found = [];
    for (const pk of (await queue.names("drafts")).map(Number)) {
      const draft = await restore(pk);
      if (hasContent(draft)) found.push([pk, draft]); else forget(pk);
    }
    return found;
  }

  /** Into the form of an order that has just been drawn. */
  async function fill(article) {
    const draft = await restore(Number(article.dataset.order));
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
    if (draft.fields.party || draft.fields.party_name) form.querySelector("[data-party]").open = true;
    mark(form);
    showShots(article, draft);
  }

  /** Out of the form, onto the phone. */
  function read(article) {
    const form = article.querySelector("form.handle"), draft = start(Number(article.dataset.order));
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
    const form = article.querySelector("form.handle"), draft = start(Number(article.dataset.order));
    const leads = Boolean(form.querySelector("[name=outcome]")), chosen = form.querySelector("[name=outcome]:checked");
    const needs = !leads ? ["note"] : chosen ? chosen.dataset.needs.split(" ") : ["outcome"];
    const missing = needs.filter((need) => (need === "photos" ? !draft.photos.length : need === "outcome" ? !chosen : !(draft.fields[need] || "").trim()));
    if (leads && !partyFits(form, draft.fields)) missing.push("party");
    const next = article.querySelector(`[form="${form.id}"] [data-next]`);
    next.dataset.full = next.dataset.full || next.textContent;
    next.textContent = missing.length ? words.lacking.replace("{what}", missing.map((need) => words.needs[need]).join(words.and)) : next.dataset.full;
    next.parentElement.classList.toggle("thumb__next--wait", missing.length > 0);
    return missing;
  }

  /** Both name and code of the party, or neither; said under the fields. */
  function partyFits(form, fields) {
    const name = (fields.party_name || "").trim(), code = tidyCode(fields.party);
    const fault = !name === !code ? (code && !isCreditCode(code) ? words.party_code : "") : words.party_both;
    form.querySelector("[data-party-said]").textContent = fault;
    return !fault;
  }

  function showShots(article, draft) {
    article.querySelectorAll("[data-shots]").forEach((strip) => {
      const photos = draft.photos.filter((photo) => photo.kind === strip.dataset.shots);
      showThumbs(strip, photos, words, (photo) => unshoot(Number(article.dataset.order), photo.uuid));
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
      const draft = start(pk);
      draft.photos.push({ uuid, kind, thumb });
      await queue.keep("drafts", String(pk), draft);
      shotsChanged(pk);
    }
    input.value = "";
    queue.drain();
  }

  async function unshoot(pk, uuid) {
    const draft = start(pk);
    draft.photos = draft.photos.filter((photo) => photo.uuid !== uuid);
    await queue.keep("drafts", String(pk), draft);
    const waiting = queue.mine().find((item) => item.uuid === uuid);
    if (waiting) await queue.remove(waiting);
    shotsChanged(pk);
  }

  function shotsChanged(pk) {
    const article = byOrder(pk);
    if (!article || article.dataset.kind !== "task") return;
    showShots(article, start(pk));
    lacking(article);
  }

  /** Only what the chosen result asks for: a date typed for another result is not sent. */
  function needed(form, draft) {
    const chosen = form.querySelector("[name=outcome]:checked");
    const names = ["outcome", ...(chosen ? [...chosen.dataset.needs.split(" "), "party", "party_name"] : ["note"])];
    return Object.fromEntries(names.filter((name) => name !== "photos" && draft.fields[name]).map((name) => [name, draft.fields[name]]));
  }

  return { of, hasContent, forget, left, fill, read, lacking, shoot, needed };
}
