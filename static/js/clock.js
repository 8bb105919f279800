// <case-clock>: the time of a case, the same everywhere. Counts down to the limit, turns amber at 70 %, red past it, then
// counts up with a plus. Server time (live.js measures the offset). Imports nothing: every surface can load it.
//   data-started, data-due   moments in ms        data-state   a case that is closed … stands still
//   data-paused   "" or the moment of the pause in ms (any other word: paused, moment not known)
//   data-ended    moment of the end in ms         data-marks   fractions of the limits of the stages, "0.1 0.2 0.3 0.9"
//   shape         ring (default) · bar · text

const AMBER = 0.7;
const ENDED = ["closed", "rejected", "merged", "withdrawn", "passed_on"];
const SVG = "http://www.w3.org/2000/svg";
const clocks = new Set();
const now = () => Date.now() + (window.serverClock ? window.serverClock.offset : 0);
let timer = 0;

/** "07:12", "+03:12", from a day on "26:40:00", from four days on "5天" (in the page's language). */
export function formatLeft(ms) {
  const sign = ms < 0 ? "+" : "";
  const seconds = Math.floor(Math.abs(ms) / 1000);
  if (seconds >= 4 * 86400) return sign + inUnits(Math.floor(seconds / 86400), "day");
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${sign}${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function inUnits(count, unit) {
  try {
    return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "narrow" }).format(count);
  } catch {
    return `${count}${unit[0]}`;  // Safari 14.0 knows no units
  }
}

/** For the middle of a ring: from an hour on hours only. */
function formatShort(ms) {
  const hours = Math.floor(Math.abs(ms) / 3600000);
  return hours ? (ms < 0 ? "+" : "") + inUnits(hours > 95 ? Math.floor(hours / 24) : hours, hours > 95 ? "day" : "hour") : formatLeft(ms);
}

/** {left in ms (negative past the limit), used 0…1, level: calm | amber | red | paused | done} of a clock's data. */
export function reading({ started, due, state, paused, ended }, at = now()) {
  const from = Number(started), to = Number(due);
  if (ended || ENDED.includes(state)) return { left: ended ? to - Number(ended) : null, used: 1, level: "done" };
  const stopped = Number(paused) > 1e11 ? Number(paused) : 0;
  const left = to - (stopped || at);
  const used = Math.min(1, Math.max(0, 1 - left / Math.max(1, to - from)));
  if (paused) return { left: stopped ? left : null, used: stopped ? used : 0, level: "paused" };
  return { left, used, level: left < 0 ? "red" : used >= AMBER ? "amber" : "calm" };
}

function tick() {
  const at = now();
  clocks.forEach((clock) => clock.draw(at));
  timer = setTimeout(tick, 1000 - (now() % 1000) + 5);
}

class CaseClock extends HTMLElement {
  static get observedAttributes() {
    return ["data-started", "data-due", "data-state", "data-paused", "data-ended", "data-marks", "shape"];
  }

  connectedCallback() {
    if (!this.face) this.build();
    clocks.add(this);
    this.draw(now());
    if (!timer) tick();
  }

  disconnectedCallback() {
    clocks.delete(this);
    if (!clocks.size) { clearTimeout(timer); timer = 0; }
  }

  attributeChangedCallback(name) {
    if (!this.face) return;
    if (name === "shape" || name === "data-marks") this.build();
    this.draw(now());
  }

  build() {
    this.textContent = "";
    this.arc = null;
    this.drawn = "";
    const shape = this.getAttribute("shape") || "ring";
    if (shape === "ring") {
      this.append(this.ring());
    } else {
      if (shape === "bar") this.append(this.bar());
      this.face = document.createElement("span");
      this.face.className = "case-clock__time";
      this.append(this.face);
    }
    this.setAttribute("role", "timer");
  }

  ring() {
    const svg = element("svg", { viewBox: "0 0 36 36", class: "case-clock__ring" });
    const circle = { cx: 18, cy: 18, r: 15.5, fill: "none", pathLength: 100 };
    this.arc = element("circle", { ...circle, class: "case-clock__left", transform: "rotate(-90 18 18)" });
    this.face = element("text", { x: 18, y: 18, "text-anchor": "middle", "dominant-baseline": "central", class: "case-clock__time" });
    svg.append(element("circle", { ...circle, class: "case-clock__track" }), this.arc, this.face);
    return svg;
  }

  bar() {
    const svg = element("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", class: "case-clock__bar", "aria-hidden": "true" });
    const line = { x1: 0, y1: 2, x2: 100, y2: 2, pathLength: 100 };
    this.arc = element("line", { ...line, class: "case-clock__left" });
    svg.append(element("line", { ...line, class: "case-clock__track" }), this.arc);
    for (const mark of (this.dataset.marks || "").split(" ").filter(Boolean)) {
      svg.append(element("line", { x1: mark * 100, x2: mark * 100, y1: 0, y2: 4, class: "case-clock__mark" }));
    }
    return svg;
  }

  draw(at) {
    const { left, used, level } = reading(this.dataset, at);
    const shape = this.getAttribute("shape") || "ring";
    const text = left === null ? (level === "paused" ? "‖" : "✓") : shape === "ring" ? formatShort(left) : formatLeft(left);
    const share = shape === "bar" ? used * 100 : (1 - used) * 100;  // a bar fills, a ring empties
    const next = `${level} ${text} ${share.toFixed(1)}`;
    if (next === this.drawn) return;
    this.drawn = next;
    this.setAttribute("data-level", level);
    this.face.textContent = text;
    if (text.length + text.replace(/[ -~]/g, "").length > 5) this.setAttribute("data-long", ""); else this.removeAttribute("data-long");
    if (this.arc) this.arc.setAttribute("stroke-dasharray", level === "red" ? "100 0" : `${share.toFixed(1)} 100`);
  }
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
  return made;
}

customElements.define("case-clock", CaseClock);
