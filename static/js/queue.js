// The queue: rows sorted by time left. Whatever arrives, the selected row (else the one under the mouse, else the first in
// view) stays where it is on the screen.

export const AMONG = ["offers", "silent", "joint", "guest"];

export class Queue {
  /** `home`: the reader's centre. `onOpen(id)` when a row is chosen, `onMark(id, row)` whenever one is drawn, `onDrop(id, row)` when one
   * leaves. Ids are the numbers of cases, as text. */
  constructor({ scroll, list, spacer, empty, home, isCounty, onOpen, onMark = () => {}, onDrop = () => {} }) {
    Object.assign(this, { scroll, list, spacer, empty, home, isCounty, onOpen, onMark, onDrop });
    this.rows = new Map();
    this.stages = this.own = this.asked = this.among = null;
    this.text = "";
    this.cursor = this.selected = this.hovered = null;
    for (const row of list.children) this.rows.set(row.dataset.thing.split(":")[1], row);
    list.addEventListener("click", (event) => {
      const row = event.target.closest("[data-thing]");
      if (row) this.open(this.idOf(row));
    });
    list.addEventListener("pointerover", (event) => { const row = event.target.closest("[data-thing]"); this.hovered = row && this.idOf(row); });
    scroll.addEventListener("pointerleave", () => { this.hovered = null; });
    scroll.addEventListener("wheel", () => this.releaseSpacer(), { passive: true });
    this.arrange();
  }

  idOf(row) { return row.dataset.thing.split(":")[1]; }

  /** Changed payloads {"case:12": {...} or null}; with `reset` they are all there is. */
  take(things, { reset }) {
    if (reset) for (const id of [...this.rows.keys()]) if (!things[`case:${id}`]) this.drop(id);
    for (const [thing, payload] of Object.entries(things)) {
      if (!thing.startsWith("case:")) continue;
      const id = thing.slice(5);
      if (payload) this.put(id, payload.html, !reset); else this.drop(id);
    }
    this.arrange();
  }

  put(id, html, arrived) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const row = holder.content.querySelector("[data-thing]");
    const old = this.rows.get(id);
    if (old) old.replaceWith(row);
    else if (arrived) row.classList.add("row--new");
    this.rows.set(id, row);
  }

  drop(id) {
    const row = this.rows.get(id);
    if (!row || row.classList.contains("row--gone")) return;
    this.onDrop(id, row);
    if (id === this.selected) { row.classList.add("row--gone"); return; } // stays until another case is opened
    row.remove();
    this.rows.delete(id);
    if (id === this.cursor) this.cursor = null;
  }

  shows(row) {
    if (row === this.rows.get(this.selected)) return true;
    if (this.among) return this.isAmong(this.among, row);
    return (!this.stages || (this.stages.includes(row.dataset.stage) && this.works(row))) && (!this.own || row.dataset.centre === this.own) && (!this.asked || row.dataset.asked)
      && (!this.text || this.text.split(/\s+/).every((word) => row.dataset.find.toLowerCase().includes(word)));
  }

  /** Whether the reader's centre acts on it; a guest only sees, and signs for what it is offered. */
  works(row) { return this.isCounty || row.dataset.centre === this.home; }

  /** "offers": offered to the reader's centre; "silent": nobody has answered, or it was returned; "joint": a joint action of its own; "guest": it has a part in
   * another centre's. */
  isAmong(name, row) {
    const { centre, offered, disputed, joint } = row.dataset;
    if (name === "offers") return offered === this.home;
    if (name === "silent") return Boolean(disputed);
    return name === "joint" ? Boolean(joint) && this.works(row) : centre !== this.home && Boolean(joint) && joint.split(" ").includes(this.home);
  }

  /** `among`: one of AMONG, null: all. */
  filter({ stages, own, text, asked, among }) {
    if (among !== undefined) this.among = among;
    if (stages !== undefined) this.stages = stages;
    if (own !== undefined) this.own = own;
    if (asked !== undefined) this.asked = asked;
    if (text !== undefined) this.text = text.trim().toLowerCase();
    this.arrange();
  }

  anchor() {
    const box = this.scroll.getBoundingClientRect();
    const inView = (row) => { const at = row && row.isConnected && row.getBoundingClientRect(); return at && at.bottom > box.top && at.top < box.bottom; };
    const named = [this.selected, this.hovered].map((id) => this.rows.get(id)).find(inView);
    return named || (this.scroll.scrollTop > 0 && [...this.list.children].find(inView)) || null;
  }

  arrange() {
    const anchor = this.anchor();
    const before = anchor && anchor.getBoundingClientRect().top;
    const key = (row) => [row.dataset.paused ? 1 : 0, Number(row.dataset.due), Number(this.idOf(row))];
    const sorted = [...this.rows.values()].filter((row) => this.shows(row)).sort((a, b) => {
      const one = key(a), other = key(b);
      return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
    });
    const wanted = new Set(sorted);
    for (const row of [...this.list.children]) if (!wanted.has(row)) row.remove();
    let place = this.list.firstElementChild;
    for (const row of sorted) {
      if (row === place) place = place.nextElementSibling;
      else this.list.insertBefore(row, place);
      this.mark(row);
    }
    if (this.empty) {
      this.empty.hidden = sorted.length > 0;
      this.scroll.setAttribute("role", sorted.length ? "listbox" : "group"); // a list without options is none to who hears it
      const said = this.empty.querySelector("p");
      said.textContent = this.rows.size ? said.dataset.filtered : said.dataset.none;
    }
    if (anchor && anchor.isConnected) this.hold(anchor.getBoundingClientRect().top - before);
  }

  /** Undo a shift of `delta` px by scrolling; where the list ends, by empty space above or below it. */
  hold(delta) {
    if (!delta) return;
    const space = this.spacer.offsetHeight;
    const taken = delta > 0 ? Math.min(space, delta) : 0;
    let target = this.scroll.scrollTop + delta - taken;
    const above = space - taken + Math.max(0, -target);
    if (above !== space) this.spacer.style.height = `${above}px`;
    target = Math.max(0, target);
    const lacking = target + this.scroll.clientHeight - (this.list.offsetTop + this.list.offsetHeight);
    if (target && lacking > 0) this.list.style.paddingBottom = `${parseFloat(this.list.style.paddingBottom || 0) + lacking}px`;
    this.scroll.scrollTop = target;
  }

  /** Give up the empty spaces: somebody moves the list himself. */
  releaseSpacer() {
    const space = this.spacer.offsetHeight, top = this.scroll.scrollTop;
    this.list.style.paddingBottom = "";
    if (!space) return;
    this.spacer.style.height = "0";
    this.scroll.scrollTop = Math.max(0, top - space);
  }

  mark(row) {
    const id = this.idOf(row);
    this.onMark(id, row);
    row.classList.toggle("row--offered", row.dataset.offered === this.home);
    row.setAttribute("aria-selected", String(id === this.selected));
    row.classList.toggle("row--cursor", id === this.cursor);
    if (id === this.cursor) this.scroll.setAttribute("aria-activedescendant", row.id);
  }

  /** Move the mark by `step` rows (J: 1, K: -1). */
  move(step) {
    this.releaseSpacer();
    const visible = [...this.list.children];
    if (!visible.length) return;
    const at = visible.indexOf(this.rows.get(this.cursor || this.selected));
    const row = visible[Math.min(visible.length - 1, Math.max(0, at + step))] || visible[0];
    this.cursor = this.idOf(row);
    visible.forEach((one) => this.mark(one));
    row.scrollIntoView({ block: "nearest" });
  }

  open(id = this.cursor) {
    if (id) this.onOpen(id);
  }

  /** Show which case is open (null: none); the former one leaves the list if it has ended. */
  select(id) {
    const former = this.selected;
    this.selected = this.cursor = id;
    if (former && former !== id) {
      const row = this.rows.get(former);
      if (row && row.classList.contains("row--gone")) { row.remove(); this.rows.delete(former); }
    }
    this.arrange();
  }

  /** How many open rows fit each filter: {stage: n}, asked, those of AMONG, and all under "". */
  counts() {
    const counted = { "": 0 };
    for (const row of this.rows.values()) {
      if (row.classList.contains("row--gone") || (this.own && row.dataset.centre !== this.own)) continue;
      counted[""] += 1;
      if (this.works(row)) counted[row.dataset.stage] = (counted[row.dataset.stage] || 0) + 1;
      for (const name of AMONG) if (this.isAmong(name, row)) counted[name] = (counted[name] || 0) + 1;
      if (row.dataset.asked) counted.asked = (counted.asked || 0) + 1;
    }
    return counted;
  }
}
