// The open case. Its fragment is fetched again when the case changes and put in place part by part: a part that did not
// change stays, a part in which somebody is typing stays and says so.

import { justSaid, listen, post } from "actions";

const words = () => document.getElementById("words").dataset;
const PRESENCE_MS = 10000, DOING_MS = 300;

/** Whether something in `part` was typed or chosen and not sent. */
export function isDirty(part) {
  return [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected && option.value);
    return field.value !== field.defaultValue;
  });
}

/** What is costly to say is fetched when somebody unfolds it. */
async function unfold(details) {
  if (!details.open || !details.dataset.fetch || details.dataset.isFetched) return;
  details.dataset.isFetched = "1";
  const place = details.querySelector("[data-fetched]");
  try {
    const answer = await fetch(details.dataset.fetch, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) throw new Error(answer.status);
    place.innerHTML = await answer.text();
  } catch {
    delete details.dataset.isFetched;
    place.textContent = words().unread;
  }
}

/** {id: sentence}: why those of the cases that were here have left. */
export async function whyLeft(url, ids) {
  const headers = { "X-Requested-With": "fetch" }, asked = ids.map((id) => `case=${id}`).join("&");
  const answer = await fetch(`${url}?${asked}`, { credentials: "same-origin", headers }).catch(() => null);
  return answer && answer.ok ? (await answer.json()).left : {};
}

export class Panel {
  /** `urls`: case and looking with 0 for the number, left. `presence`: who else looks, and where it is said. `onOpened(id, data)`, `onClosed()`, `onDone(body, url)`,
   * `onLost(said)` for a refusal whose place on the page is gone. */
  constructor({ slots, urls, presence, onOpened, onClosed, onDone, onLost }) {
    Object.assign(this, { slots, urls, presence, onOpened, onClosed, onDone, onLost });
    this.known = 0;  // the version up to which the person knows what others have done
    this.id = null;
    this.version = 0;
    this.asked = 0;
    this.acted = false;  // what is fetched next is what his own press has made of the case
    this.own = null;  // the case of his last press
    this.source = new WeakMap();
    for (const slot of Object.values(slots)) listen(slot, (form, body, url) => this.done(body, url), onLost);
    for (const name of ["input", "change"]) for (const slot of Object.values(slots)) slot.addEventListener(name, () => this.does());
    document.querySelector("[data-news-close]").addEventListener("click", () => { this.heard.textContent = ""; this.tell([]); });
    for (const slot of Object.values(slots)) slot.addEventListener("toggle", (event) => unfold(event.target), true);
    addEventListener("pagehide", () => this.leave());
  }

  /** What was told of cases that have left, until it has been read. */
  get heard() { return document.querySelector("[data-news-left]"); }

  url(name, id = this.id) { return this.urls[name].replace("/0/", `/${id}/`); }

  /** Open a case; fetches it. */
  async open(id) {
    if (id !== this.id) {
      this.leave();
      this.id = id;
      this.version = this.known = 0;
      this.tell([]);
      this.wait(true); // nobody may act on the former case by mistake
    }
    await this.refresh({ byHand: true });
    if (this.id === id) this.look();
  }

  /** Whether the case that was asked for is the one on the screen. */
  get isReady() { return this.id !== null && this.shown === this.id; }

  wait(isWaiting) {
    for (const slot of Object.values(this.slots)) {
      slot.inert = isWaiting;
      slot.setAttribute("aria-busy", String(isWaiting));
    }
  }

  /** The server has rendered the case into the page already. */
  adopt(id, version) {
    this.id = this.shown = id;
    this.version = this.known = version;
    for (const slot of Object.values(this.slots)) for (const part of slot.children) this.source.set(part, part.outerHTML);
    this.look();
  }

  close() {
    this.leave();
    clearTimeout(this.timer);
    this.asked += 1;  // what is on its way is for nobody
    this.id = this.shown = this.fetching = null;
    this.again = this.acted = false;
    this.wait(false);
    for (const slot of Object.values(this.slots)) slot.textContent = "";
    this.onClosed();
  }

  /** A newer version is known: fetch it, once for a burst. */
  changed(version) {
    if (version && version <= this.version) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), 80);
  }

  /** Fetch the case and put it in place. While an answer is on its way another change asks once more after it: a burst never keeps the panel old. */
  async refresh({ byHand = false } = {}) {
    if (!this.id) return;
    if (!byHand && this.fetching === this.id) { this.again = true; return; }
    const turn = ++this.asked;
    this.fetching = this.id;
    this.again = false;
    try {
      await this.load({ byHand, turn });
    } finally {
      if (turn === this.asked) {
        this.fetching = null;
        if (this.again) this.changed();
      }
    }
  }

  async load({ byHand, turn }) {
    const id = this.id;
    let answer;
    try {
      answer = await fetch(this.url("case"), { credentials: "same-origin", headers: { "X-Requested-With": "fetch", ...(this.known ? { "X-Since": this.known } : {}), ...(byHand ? {} : { "X-Automatic": "1" }) } });
    } catch {
      if (!this.isReady && turn === this.asked) this.fail();
      return; // live.js tells that the connection is gone, and the next snapshot brings us back
    }
    if (turn !== this.asked || id !== this.id) return;
    if (answer.status === 404) { this.lose(id); return; } // moved to another centre, or no longer offered to this one
    if (!answer.ok) { if (!this.isReady) this.fail(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== this.asked || id !== this.id) return;
    this.acted = false;
    this.own = null;  // it is still here: when it leaves, somebody else has done it
    const fresh = page.querySelector("[data-case]");
    words().csrf = fresh.dataset.csrf;
    const isNew = this.shown !== id;
    for (const [name, slot] of Object.entries(this.slots)) this.place(slot, fresh.querySelector(`[data-slot=${name}]`), isNew);
    this.shown = id;
    this.wait(false);
    this.version = Number(fresh.dataset.version);
    const news = [...page.querySelectorAll("[data-news] li")].map((line) => line.textContent);
    if (!this.known) this.known = this.version;
    this.tell(news);
    this.presence.show(id);
    this.does();
    this.onOpened(id, fresh.dataset, isNew);
  }

  /** The case has left: say to whom and by whose act. What is being typed stays until the case is closed; after one's own act nothing does. */
  async lose(id) {
    const said = (await whyLeft(this.urls.left, [id]))[id] || words().left;
    if (id !== this.id) return;
    this.shown = null;
    this.leave();
    if (this.acted && !this.isDirty()) { this.close(); this.onLost(said); return; }
    const { main, side } = this.slots, fresh = document.createElement("div");
    this.place(main, fresh, false);
    fresh.append(document.getElementById("left-case").content.cloneNode(true));
    fresh.querySelector("[data-said]").textContent = said;
    this.place(side, fresh, false);
    main.parentElement.hidden = !main.children.length;
    this.wait(false);
  }

  /** The case could not be fetched: say so instead of showing the former one. */
  fail() {
    for (const slot of Object.values(this.slots)) slot.textContent = "";
    this.shown = null;
    const line = document.createElement("p");
    line.className = "notice notice--error";
    line.dataset.part = "failed";
    line.textContent = words().unread;
    this.slots.main.append(line);
    this.onOpened(this.id, {}, false);
  }

  /** Whether a part of the case holds typed work. */
  isDirty() { return Object.values(this.slots).some((slot) => [...slot.children].some(isDirty)); }

  place(slot, fresh, isNew) {
    const old = new Map([...slot.children].map((part) => [part.dataset.part, part]));
    if (isNew) { slot.textContent = ""; old.clear(); slot.closest(".case, .side__scroll").scrollTop = 0; }
    let at = slot.firstElementChild;
    for (const part of [...fresh.children]) {
      const html = part.outerHTML, former = old.get(part.dataset.part);
      old.delete(part.dataset.part);
      let shown = former;
      if (!former) {
        shown = document.adoptNode(part);
        slot.insertBefore(shown, at);
        this.source.set(shown, html);
      } else if (this.source.get(former) !== html) {
        if (isDirty(former)) {
          this.note(former, words().stale);
        } else {
          shown = document.adoptNode(part);
          if (justSaid(former)) this.onLost(justSaid(former));
          this.keepOpen(former, shown);
          former.replaceWith(shown);
          if (at === former) at = shown;
          this.source.set(shown, html);
        }
      } else {
        this.note(former, "");
      }
      if (shown === at) at = at.nextElementSibling;
      else if (!shown.contains(document.activeElement)) slot.insertBefore(shown, at);
    }
    for (const part of old.values()) {
      if (justSaid(part)) this.onLost(justSaid(part));
      if (!isDirty(part)) { part.remove(); continue; }
      this.note(part, words().gone);
      part.classList.add("act--gone");
      part.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    }
  }

  keepOpen(former, shown) {
    for (const details of former.querySelectorAll("details[data-key]")) {
      const same = shown.querySelector(`details[data-key="${details.dataset.key}"]`);
      if (same) same.open = details.open;
    }
    for (const opened of former.querySelectorAll(".sealed__open:not(:empty)")) { // reading it made the entry that brings us here
      const place = shown.querySelector(`#${CSS.escape(opened.id)}`);
      if (place) place.replaceWith(opened);
    }
    const focused = former.contains(document.activeElement) && document.activeElement;
    if (focused && (focused.id || focused.value)) {
      const same = focused.id ? shown.querySelector(`#${CSS.escape(focused.id)}`) : shown.querySelector(`[name="${focused.name}"][value="${focused.value}"]`);
      if (same) requestAnimationFrame(() => same.focus({ preventScroll: true }));
    }
  }

  note(part, text) {
    const line = part.querySelector(".act__said");
    if (line && (text || line.dataset.note)) { line.textContent = text; line.dataset.note = text ? "1" : ""; }
  }

  done(body, url) {
    if (typeof body !== "object") return; // a fragment was shown
    this.acted = true;
    this.own = this.id;
    this.onDone(body, url);
    if (body.version && url.includes(`/${this.id}/`)) this.known = body.version; // his own press: what was told has been read
    if (this.id) this.refresh();
  }

  // --- what others do ---
  /** Say what others have done since the person last knew (sentences of the server); none: he has read it. */
  tell(news) {
    const place = document.getElementById("news");
    if (!news.length) this.known = this.version;
    place.hidden = !news.length && !this.heard.children.length;
    place.querySelector("[data-news-said]").replaceChildren(...news.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    place.querySelector("[data-news-kept]").hidden = !this.isDirty();
  }

  /** Say of cases that have left why. */
  hear(sentences) {
    this.heard.append(...sentences.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    if (sentences.length) document.getElementById("news").hidden = false;
  }

  /** looks · writes · chooses (officers): what others read about this person. */
  get doing() {
    const parts = Object.values(this.slots).flatMap((slot) => [...slot.children]).filter(isDirty);
    if (!parts.length) return "looks";
    return parts.every((part) => part.dataset.part === "send" || part.dataset.part === "bound") ? "chooses" : "writes";
  }

  /** Something was typed or chosen: say so soon when it is something else than before. */
  does() {
    if (!this.id || this.doing === this.said) return;
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.look(), DOING_MS);
  }

  async look() {
    clearTimeout(this.lookTimer);
    const id = this.id;
    if (!id || this.shown !== id) return;
    if (document.visibilityState === "visible") {
      const data = new FormData();
      this.said = this.doing;
      data.append("doing", this.said);
      const answer = await post(this.url("looking"), data);
      if (id !== this.id) return;
      if (answer.ok) {
        this.presence.take({ [id]: answer.body.others });
        this.changed(answer.body.version);
      }
    }
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.look(), PRESENCE_MS);
  }

  leave() {
    clearTimeout(this.lookTimer);
    this.said = null;
    if (!this.id || !this.shown) return;
    fetch(this.url("looking"), { method: "DELETE", keepalive: true, credentials: "same-origin",
      headers: { "X-Requested-With": "fetch", "X-CSRFToken": words().csrf } }).catch(() => {});
  }
}
