// Who else has which case open, and what he does there: at the case in words, in the queue's row as initials.

const words = () => document.getElementById("words").dataset;

/** 立娟 of 段立娟 · 县指挥中心; AB of Ann Brown. */
export function initials(label) {
  const name = label.split(" · ")[0].trim();
  if (/^[ -~]+$/.test(name)) return name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();
  return name.slice(-2);
}

export class Presence {
  /** `me`: key of the reader; `doing`: {looks, writes, chooses} in words; `place()` where the open case says it; `rows()` [[id, row]]. */
  constructor({ me, doing, place, rows }) {
    Object.assign(this, { me: String(me), doing, place, rows });
    this.cases = new Map();
  }

  others(id) { return (this.cases.get(String(id)) || []).filter(([user]) => user !== this.me); }

  /** {"12": [[user, name, doing]]}; with `reset` these are all there are. */
  take(cases, { reset = false } = {}) {
    const before = JSON.stringify([...this.cases]);
    if (reset) this.cases.clear();
    for (const [id, there] of Object.entries(cases)) if (there.length) this.cases.set(id, there); else this.cases.delete(id);
    if (JSON.stringify([...this.cases]) === before) return;
    for (const [id, row] of this.rows()) this.mark(id, row);
    this.show(this.shown);
  }

  /** Initials in a row of the queue. */
  mark(id, row) {
    const place = row.querySelector("[data-who]"), others = this.others(id);
    if (!place) return;
    const told = others.map(([, name, doing]) => `${name} ${this.doing[doing]}`).join(words().between);
    if (place.title === told) return;
    place.title = told;
    place.replaceChildren(...others.slice(0, 2).map(([, name, doing]) => {
      const mark = document.createElement("span");
      mark.dataset.doing = doing;
      mark.textContent = initials(name);
      return mark;
    }), ...(others.length > 2 ? [`+${others.length - 2}`] : []));
    if (told) { place.setAttribute("role", "img"); place.setAttribute("aria-label", told); } else { place.removeAttribute("role"); place.removeAttribute("aria-label"); }
  }

  /** At the open case, in words. */
  show(id) {
    this.shown = id;
    const place = this.place();
    if (!place) return;
    const others = this.others(id);
    place.hidden = !others.length;
    place.textContent = others.map(([, name, doing]) => `${name} ${this.doing[doing]}`).join(words().between);
  }
}
