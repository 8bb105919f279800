// The wall: everything comes through the socket; nothing here can act. Keys: 1–5 scenes, R rotate, H map home, L map layers, M mute, ? the list.
import { connect } from "live";
import "clock";
import { ago, day, span, stamp, timeOfDay, timeWithSeconds, serverNow, distance } from "format";
import { makeMap } from "map";
import { makeLayers } from "layers";
import { makeHelpCalls } from "help_calls";
import { makeQuiet } from "quiet";
import { makeScreen } from "screen";
import { makeSound } from "sound";
import { makeTurning } from "turning";

const SCENES = ["situation", "stages", "brigades", "cameras", "patrol"];
const STAGES = ["take_in", "send", "accept", "handle", "verify"];
const NEWS = 3, CREW = 24, NEAR_M = 150, FRESH_MS = 120000;
const page = JSON.parse(document.getElementById("page").textContent);
const body = document.querySelector(".wall-body");
const find = (selector, root = document) => root.querySelector(selector);
const cases = new Map();
const told = new Map();  // "case:12/5" -> event of the ticker
let roster = { officers: {}, reachable: [] };
let positions = {};
let figures = null;

// --- maps ------------------------------------------------------------------------------------
const mapElement = find("#map"), insetElement = find("#inset");
const map = makeMap(mapElement, { base: mapElement.dataset.base });
const inset = makeMap(insetElement, { base: insetElement.dataset.base, overview: true, labels: false, tiles: false });
const layers = makeLayers({ map });
map.ready.then(() => { map.setCameras(page.cameras); home(); }, () => {});

/** The centre's own places, else the seat's grids fill the picture; a county without grids shows its home view. */
function home() {
  const rings = (map.base() ? map.base().grids : []).flatMap(({ shape }) => shape || []).flat(2);
  map.home();
  if (!page.home && !rings.length) return;
  const lons = page.home ? [page.home[0], page.home[2]] : rings.map(([lon]) => lon), lats = page.home ? [page.home[1], page.home[3]] : rings.map(([, lat]) => lat);
  const below = mapElement.clientHeight + mapElement.getBoundingClientRect().top - insetElement.getBoundingClientRect().top;
  map.map.invalidateSize({ pan: false });
  map.map.options.zoomSnap = 0;
  map.map.fitBounds([[Math.min(...lats), Math.min(...lons)], [Math.max(...lats), Math.max(...lons)]],
    { animate: false, paddingTopLeft: [28, 28], paddingBottomRight: [28, mapElement.clientWidth < 2 * mapElement.clientHeight ? below + 16 : 16] });
  map.map.options.zoomSnap = 0.5;
}

const metres = (a, b) => {
  const radians = Math.PI / 180, x = (b.lon - a.lon) * Math.cos(a.lat * radians), y = b.lat - a.lat;
  return Math.hypot(x, y) * 111195;
};

// --- open cases ------------------------------------------------------------------------------
const written = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const byTime = () => [...cases.entries()].filter(([, one]) => !one.ended)
  .sort(([, a], [, b]) => (!!a.paused - !!b.paused) || a.due - b.due);

function card(id, one) {
  const holder = document.createElement("li");
  holder.dataset.case = id;
  holder.dataset.v = one.v;
  holder.innerHTML = one.html;  // rendered by the server, from templates/command/_wall_case.html
  return holder;
}

/** Make `list` hold the cards of `wanted` in order, touching only what differs, as many as fit; answers how many do not. */
function fill(list, wanted, room) {
  const have = new Map([...list.children].map((item) => [item.dataset.case, item]));
  let shown = 0;
  let next = list.firstElementChild;
  for (const [id, one] of wanted) {
    if (shown >= room) break;
    let item = have.get(id);
    if (!item || item.dataset.v !== String(one.v)) {
      const fresh = card(id, one);
      if (item) { if (next === item) next = item.nextElementSibling; item.remove(); }
      item = fresh;
    }
    if (item !== next) list.insertBefore(item, next); else next = next.nextElementSibling;
    have.delete(id);
    shown += 1;
  }
  while (next) { const after = next.nextElementSibling; next.remove(); next = after; }
  return wanted.length - shown;
}

/** Take cards away from the end until nothing is cut off. */
function fit(list, box, hidden, more) {
  while (list.children.length > 1 && box.scrollHeight > box.clientHeight) { list.lastElementChild.remove(); hidden += 1; }
  more.hidden = !hidden;
  more.textContent = more.dataset.words.replace("%s", hidden);
  if (hidden && list.children.length > 1 && box.scrollHeight > box.clientHeight) {
    list.lastElementChild.remove();
    more.textContent = more.dataset.words.replace("%s", hidden + 1);
  }
}

function showUrgent() {
  const open = byTime(), box = find(".wall-urgent"), list = find("[data-urgent]");
  find(".wall-quiet").hidden = open.length > 0;
  fit(list, box, fill(list, open, 12), find(":scope > .wall-more", box));
  showWays();
}

function showStages() {
  if (body.dataset.scene !== "stages") return;
  const open = byTime();
  for (const stage of STAGES) {
    const column = find(`[data-column="${stage}"]`), mine = open.filter(([, one]) => one.stage === stage), list = find("ol", column);
    find(".wall-column__count b", column).textContent = mine.length;
    fit(list, column, fill(list, mine, 12), find(".wall-more", column));
  }
}

/** How far the lead still is from his case. */
function showWays() {
  for (const item of document.querySelectorAll("[data-urgent] > li")) {
    const one = cases.get(item.dataset.case), way = find("[data-way]", item), at = one && positions[one.lead];
    if (!way) continue;
    way.textContent = one.stage === "handle" && !one.on_site && at ? ` · ${distance(metres({ lon: at[0], lat: at[1] }, one))}` : "";
  }
}

function onThings(things, { reset }) {
  if (reset) {
    helpCalls.keep(things);
    for (const id of cases.keys()) if (!things[id]) forget(id);
  }
  for (const [id, one] of Object.entries(things)) {
    if (id === "roster") { if (one) roster = one; continue; }
    if (id.startsWith("helpcall:")) { helpCalls.put(id, one); continue; }
    if (!one) { forget(id); continue; }
    const isNew = !cases.has(id);
    cases.set(id, one);
    map.setCase(id, one);
    if (one.ended) inset.removeCase(id); else inset.setCase(id, one);
    for (const [number, at, text] of one.events) tell(id, number, at, `${one.title} · ${one.place}`, text);
    if (isNew && !reset && one.priority === "P1" && !one.ended && serverNow() - one.started < FRESH_MS) sound.ring();
  }
  showRoster(); // first: the open cases take the room that the people on call leave
  showUrgent();
  showStages();
  showNear();
  showNews();
  quiet.judge();
}

function forget(id) {
  cases.delete(id);
  map.removeCase(id);
  inset.removeCase(id);
}

// --- what just happened ----------------------------------------------------------------------
function tell(thread, number, at, what, text) {
  told.set(`${thread}/${number}`, { at, what, text });
}

function showNews() {
  const newest = [...told.entries()].sort(([a, x], [b, y]) => y.at - x.at || (a < b ? 1 : -1));
  for (const [key] of newest.slice(40)) told.delete(key);
  const list = find("[data-news]"), known = new Set([...list.children].map((item) => item.dataset.key)), first = !known.size;
  list.textContent = "";
  for (const [key, { at, what, text }] of newest.slice(0, NEWS)) {
    const item = document.createElement("li"), time = written("time", day(at) === day(serverNow()) ? timeOfDay(at) : `${day(at)} ${timeOfDay(at)}`);
    item.dataset.key = key;
    if (!first && !known.has(key)) item.className = "wall-arrived";
    time.title = stamp(at);
    item.append(time, written("b", what), written("span", text));
    list.append(item);
  }
  if (!newest.length) list.textContent = list.dataset.none;
  for (const last of document.querySelectorAll("[data-last-event]")) last.textContent = newest.length ? `${ago(newest[0][1].at)} · ${newest[0][1].what} · ${newest[0][1].text}` : "–";
}

// --- who is on duty --------------------------------------------------------------------------
function showRoster() {
  const busy = new Map();
  for (const one of cases.values()) if (!one.ended) for (const pk of one.officers) busy.set(String(pk), one);
  const people = Object.entries(roster.officers).filter(([, [, , helper]]) => !helper);
  find("[data-officers-count]").textContent = people.length;
  quiet.people(roster);
  const call = find("[data-reachable]");
  call.textContent = "";
  for (const [name, post, kind] of roster.reachable) call.append(written("li", `${name} · ${post} · ${kind}`));
  if (body.dataset.scene !== "patrol") return;
  const list = find("[data-crew]"), words = list.dataset;
  find("[data-officers]").textContent = `${people.length}`;
  const order = ["site", "way", "asked", "free", "silent"];
  const lines = Object.entries(roster.officers).map(([pk, [name, unit, helper]]) => {
    const one = busy.get(pk);
    const level = !one ? (positions[pk] ? "free" : "silent") : one.stage === "accept" ? "asked" : one.lead === Number(pk) && one.on_site ? "site" : "way";
    return { name, unit: helper ? `${unit} · ${words.helper}` : unit, level, title: one ? one.title : "" };
  }).sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  list.replaceChildren(...lines.slice(0, CREW).map(({ name, unit, level, title }) => {
    const item = document.createElement("li");
    item.append(written("b", name), written("small", unit), written("span", words[level]), written("small", title));
    item.children[2].dataset.level = level;
    return item;
  }));
  if (!lines.length) list.textContent = words.none;
  fit(list, find('[data-panel="patrol"]'), Math.max(0, lines.length - CREW), find('[data-panel="patrol"] .wall-more'));
}

function showNear() {
  if (body.dataset.scene !== "cameras") return;
  const groups = new Map();
  for (const { group } of page.cameras) groups.set(group, (groups.get(group) || 0) + 1);
  find("[data-groups]").replaceChildren(...[...groups].map(([name, count]) => {
    const item = document.createElement("li");
    item.append(written("span", name), written("b", count));
    return item;
  }));
  const list = find("[data-near]");
  const near = byTime().map(([, one]) => {
    const seen = page.cameras.map((camera) => [metres(camera, one), camera.name]).filter(([far]) => far <= NEAR_M).sort((a, b) => a[0] - b[0]);
    return seen.length ? { title: one.title, far: seen[0][0], camera: seen[0][1] } : null;
  }).filter(Boolean);
  list.replaceChildren(...near.slice(0, 8).map(({ title, far, camera }) => {
    const item = document.createElement("li");
    item.append(title, written("small", `${camera} · ${distance(far)}`));
    return item;
  }));
  if (!near.length) list.textContent = list.dataset.none;
}

// --- figures ---------------------------------------------------------------------------------
const at = (path) => path.split(".").reduce((value, key) => (value == null ? value : value[key]), figures);
const percent = ([part, of]) => (of ? (100 * part / of).toFixed(part === of ? 0 : 1) : "");

function share(cell, value) {
  const [number, small] = [find("b", cell), find("small", cell)];
  number.textContent = percent(value);
  if (value[1]) number.append(Object.assign(written("span", "%"), { className: "wall-unit" }));
  small.textContent = value[1] ? `${value[0]} / ${value[1]}` : cell.dataset.none;
}

function cell(text, small, late) {
  const made = document.createElement("td"), strong = written("b", text);
  if (late) strong.className = "wall-late";
  made.append(strong);
  if (small) made.append(written("small", small));
  return made;
}

/** Take lines away from the end of the tables until nothing is cut off: first from the areas, then from the units. */
function showUnits() {
  const panel = find('[data-panel="brigades"]');
  for (const name of ["places", "centres"]) {
    const lines = find(`[data-table="${name}"] tbody`).children;
    while (panel.scrollHeight > panel.clientHeight && lines.length > 1) lines[lines.length - 1].remove();
  }
}

const shareCell = (value) => (value[1] ? cell(`${percent(value)}%`, `${value[0]}/${value[1]}`) : cell("–"));

function rows(table, lines, cells) {
  find("tbody", table).replaceChildren(...lines.map((line) => {
    const row = document.createElement("tr");
    row.append(written("td", line.name), ...cells(line));
    return row;
  }));
}

function onFigures(found) {
  figures = found;
  for (const element of document.querySelectorAll("[data-figure]")) element.textContent = at(element.dataset.figure) ?? "–";
  for (const element of document.querySelectorAll("[data-share]")) share(element, at(element.dataset.share));
  for (const element of document.querySelectorAll("[data-time]")) {
    const seconds = at(`times.${element.dataset.time}`);
    element.textContent = seconds == null ? "–" : span(seconds * 1000);
  }
  for (const element of document.querySelectorAll("[data-budget]")) {
    const seconds = figures.budgets[element.dataset.budget];
    element.textContent = seconds ? span(seconds * 1000) : "–";
  }
  for (const row of document.querySelectorAll("[data-stage-row]")) {
    const name = row.dataset.stageRow, time = figures.times[name], used = time && figures.budgets[name] ? time[0] / figures.budgets[name] : 0;
    find("span", row).style.setProperty("--used", Math.min(1, used));
    row.dataset.level = used > 1 ? "red" : used >= 0.7 ? "amber" : "calm";
  }
  const of = find("[data-times-of]");
  of.textContent = figures.times.loop ? of.dataset.words.replace("%s", figures.times.loop[2]) : of.dataset.none;
  find("[data-day]").textContent = day(serverNow());
  find("[data-channels]").textContent = Object.entries(figures.channels).map(([name, count]) => `${name} ${count}`).join(" · ");
  const source = figures.centres.length > 1 ? [...figures.centres].sort((a, b) => b.open + b.closed - a.open - a.closed) : figures.places;
  const today = find(".wall-today"), few = find("[data-lines] tbody").children;
  rows(find("[data-lines]"), source.slice(0, 7), (line) => [cell(line.open, "", line.late), cell(line.closed), shareCell(line.ten)]);
  while (today.scrollHeight > today.clientHeight && few.length > 1) few[few.length - 1].remove();
  rows(find('[data-table="centres"]'), figures.centres, (line) => [
    cell(line.reported), cell(line.open), cell(line.late, "", line.late), cell(line.closed), shareCell(line.ten), shareCell(line.every),
    line.loop ? cell(span(line.loop[0] * 1000), span(line.loop[1] * 1000)) : cell("–"),
  ]);
  rows(find('[data-table="places"]'), figures.places.slice(0, 10), (line) => [
    cell(line.reported), cell(line.open), cell(line.late, "", line.late), cell(line.closed), shareCell(line.ten), shareCell(line.every),
  ]);
  showUnits();
  for (const [thread, number, when, what, text] of figures.events) tell(thread, number, when, what, text);
  showNews();
}

function onPositions(all) {
  positions = all;
  map.setPositions(all, (pk) => { const [name, , helper] = roster.officers[pk] || []; return { name, helper }; });
  showWays();
  showRoster();
}

// --- scenes, keys, sound, the clock ----------------------------------------------------------
function scene(name) {
  body.dataset.scene = name;
  for (const button of document.querySelectorAll("[data-scene-button]")) button.setAttribute("aria-pressed", button.dataset.sceneButton === name);
  mapElement.classList.toggle("map--cameras", name === "cameras");
  layers.force("tracks", name === "patrol");
  showStages();
  showRoster();
  showNear();
  if (figures) onFigures(figures); // its tables have as many lines as fit
  requestAnimationFrame(() => { if (!map.inUse()) home(); });  // the panel at its side has changed its middle
}

document.querySelectorAll("[data-scene-button]").forEach((button) => button.addEventListener("click", () => { button.blur(); turning.choose(button.dataset.sceneButton); }));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const number = Number(event.key);
  if (SCENES[number - 1]) turning.choose(SCENES[number - 1]);
  else if (event.key === "h" || event.key === "H") home();
  else if (event.key === "l" || event.key === "L") layers.toggle();
  else if (event.key === "r" || event.key === "R") turning.toggle();
  else if (event.key === "m" || event.key === "M") sound.toggle();
  else if (event.key === "?" || event.key === "？") showKeys();
});

const keys = find("[data-keys]");
function showKeys() { if (keys.open) keys.close(); else keys.showModal(); }
find("[data-keys-button]").addEventListener("click", showKeys);

const sound = makeSound(find(".wall-sound"));
const helpCalls = makeHelpCalls({ root: find("[data-help-calls]"), sound });
const turning = makeTurning({ scenes: SCENES, show: scene, inUse: map.inUse, mark: find(".wall-turning") });
const quiet = makeQuiet({ root: find("[data-quiet]"), live: () => live.state(), isOpen: () => byTime().length > 0 || helpCalls.any() });
const screen = makeScreen({ url: page.state, lost: page.screen ? page.lost : "", onState: (state) => {
  quiet.links(state && state.links);
  if (!state) return;
  quiet.set(state);
  if (state.screen) turning.set(state.screen);
} });
for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) document.addEventListener(name, turning.touched, { passive: true });
quiet.set(page);
if (page.screen) turning.set(page.screen);
const clock = find("[data-now]"), updated = find("[data-updated]"), date = document.createElement("small");
let moved = Date.now();
document.addEventListener("pointermove", () => { moved = Date.now(); document.body.classList.remove("wall-hide-cursor"); });

function tick() {
  const now = serverNow();
  clock.textContent = timeWithSeconds(now);
  date.textContent = day(now);
  clock.append(date);
  updated.textContent = timeWithSeconds(live.updatedAt());
  document.body.classList.toggle("wall-hide-cursor", Date.now() - moved > 5000);
  if (!quiet.isOn()) turning.tick();
  quiet.tick();
  setTimeout(tick, 1000 - (serverNow() % 1000) + 5);
}

if ("wakeLock" in navigator) {  // a kiosk's screen stays on
  const hold = () => { if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", hold);
  hold();
}
new ResizeObserver(() => { if (!map.inUse()) home(); showUrgent(); showStages(); if (figures) onFigures(figures); }).observe(body);

const live = connect({ surface: "wall", mark: find(".live-mark"), onThings, onFigures, onPositions, onRefused: screen.refused, reload: "always" });
tick();
setInterval(showNews, 30000);
