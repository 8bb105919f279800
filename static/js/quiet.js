// The quiet picture of a wall on which nothing has been open for a while, and the slow drift that keeps every picture from burning in.

import { day, timeOfDay, serverNow } from "format";

const PATHS = [23, 37];  // minutes of the two waves: the same place comes back after fourteen hours

/** Where the picture stands in a minute, each from -1 to 1: a closed path, some pixels at a time. */
export const place = (ms) => PATHS.map((minutes, axis) => Math.sin((2 * Math.PI * Math.floor(ms / 60000)) / minutes + axis));

/**
 * `root`: the picture, with the words of the two links that only the page knows. `isOpen()`: something is open or calls for help; `live()`: live |
 * catching | offline. Answers {set({quiet_s, dim}), links(list or null), people(roster), judge(), tick(), isOn()}.
 */
export function makeQuiet({ root, isOpen, live }) {
  const find = (name) => root.querySelector(`[data-quiet-${name}]`);
  const words = root.dataset;
  let after = 0, dim = [], since = Date.now(), reached = null, told = [], lastMinute = "";

  function judge() {
    if (isOpen()) since = Date.now();
    turn(after > 0 && Date.now() - since >= after * 1000);
  }

  function turn(on) {
    if (root.hidden === !on) return;
    root.hidden = !on;
    document.body.classList.toggle("wall--quiet", on);
    if (on) draw();
  }

  function wake() {
    since = Date.now();
    turn(false);
  }

  function isNight() {
    const [from, to] = dim, now = timeOfDay(serverNow());
    if (!from) return false;
    return from < to ? now >= from && now < to : now >= from || now < to;
  }

  function line({ name, word, level }) {
    const item = document.createElement("li");
    item.dataset.level = level;
    item.append(Object.assign(document.createElement("span"), { textContent: name }), Object.assign(document.createElement("b"), { textContent: word }));
    return item;
  }

  function draw() {
    const now = serverNow();
    find("time").textContent = timeOfDay(now);
    find("date").textContent = day(now);
    root.toggleAttribute("data-dim", isNight());
    const state = live();
    const mine = [
      { name: words.nameWeb, word: reached === false ? words.wordSilent : words.wordAnswers, level: reached === false ? "bad" : "ok" },
      { name: words.nameLive, word: words[`word${state[0].toUpperCase()}${state.slice(1)}`], level: { live: "ok", catching: "warn", offline: "bad" }[state] },
    ];
    find("links").replaceChildren(...[...mine, ...(reached === false ? [] : told)].map(line));
    const wrong = [...mine, ...told].filter(({ level }) => level === "bad").length;
    find("verdict").textContent = wrong ? words.wordWrong.replace("%s", wrong) : words.wordWell;
    find("verdict").dataset.level = wrong ? "bad" : "ok";
  }

  /** Once a minute everything stands a little elsewhere: the frame of the wall by some pixels, the quiet picture by more. */
  function drift() {
    const minute = timeOfDay(serverNow());
    if (minute === lastMinute) return;
    lastMinute = minute;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [x, y] = place(serverNow()), page = document.documentElement.style;
    for (const [name, reach] of [["edge", 0.25], ["quiet", 1.75]]) {
      page.setProperty(`--${name}-x`, `${Math.round(x * reach * rem)}px`);
      page.setProperty(`--${name}-y`, `${Math.round(y * reach * rem)}px`);
    }
  }

  for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) document.addEventListener(name, wake, { passive: true });

  return {
    judge,
    isOn: () => !root.hidden,
    set({ quiet_s, dim: hours }) { after = quiet_s; dim = hours; judge(); },
    /** The links as the server tells them; null while it does not answer. */
    links(list) {
      reached = list !== null;
      if (list) told = list;
      if (!root.hidden) draw();
    },
    /** Once a second. */
    tick() {
      drift();
      judge();
      if (!root.hidden) draw();
    },
    /** Who is on duty: officers by unit, the people on call by name and post. */
    people({ officers, reachable }) {
      const units = new Map();
      for (const [, unit, helper] of Object.values(officers)) if (!helper) units.set(unit, (units.get(unit) || 0) + 1);
      find("count").textContent = Object.values(officers).filter(([, , helper]) => !helper).length;
      find("units").textContent = [...units].map(([unit, count]) => `${unit} ${count}`).join(" · ");
      find("call").replaceChildren(...reachable.map(([name, post, kind]) => {
        const item = document.createElement("li");
        item.append(Object.assign(document.createElement("b"), { textContent: name }), ` ${post} · ${kind}`);
        return item;
      }));
      find("nobody").hidden = reachable.length > 0;
    },
  };
}
