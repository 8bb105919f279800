// The command console: queue, map and the open case, live.

import "clock";
import "pictures";
import { connect } from "live";
import { timeWithSeconds } from "format";
import { makeMap } from "map";
import { makeLayers } from "layers";
import { post } from "actions";
import { Panel, whyLeft } from "panel";
import { Presence } from "presence";
import { AMONG, Queue } from "queue";
import { keys } from "keys";
import { onSignedOut } from "session";
import { makeHelpCalls } from "help_calls";
import { makeSound } from "sound";

const $ = (id) => document.getElementById(id);
const page = JSON.parse($("page").textContent);
const SAID_MS = 4000, REFUSAL_MS = 15000, TOGETHER_MS = 300;
const desk = document.querySelector(".desk");
const leaving = new Set();
let roster = {}, rosterAt = 0, undoing = null;

const presence = new Presence({ me: page.me, doing: page.doing, place: () => $("others"), rows: () => queue.rows });
const queue = new Queue({
  scroll: $("queue-scroll"), list: $("queue"), spacer: $("queue-spacer"), empty: $("queue-empty"), onOpen: open,
  home: String(page.centre), isCounty: page.county,
  onMark: (id, row) => presence.mark(id, row),
  onDrop(id, row) { // perhaps to another centre: only before somebody was sent, and never from the county, which sees all
    if (page.county || !(queue.isAmong("offers", row) || (queue.works(row) && ["take_in", "send"].includes(row.dataset.stage)))) return;
    leaving.add(id);
    setTimeout(tellLeft, TOGETHER_MS);
  },
});
const map = makeMap($("map"), { base: page.base, onCase: open, onCamera: (id) => { location.href = cameras.get(id); } });
const cameras = new Map(); // to the report of what is seen there
const layers = makeLayers({
  map, nameOf: (pk) => (roster[pk] || {}).name,
  setCameras(list) { for (const { id, url } of list) cameras.set(id, url); map.setCameras(list); },
});
const panel = new Panel({
  slots: { main: $("case-main"), side: $("case-side") }, urls: page, presence, onDone: done, onLost: (said) => say(said, REFUSAL_MS),
  onClosed() { showDesk(false); queue.select(null); map.selectCase(null); history.replaceState(null, "", page.home); },
  onOpened(id, data, isNew) {
    showDesk(true);
    if (!isNew) return;
    map.selectCase(id);
    map.show(Number(data.lon), Number(data.lat));
  },
});

function showDesk(isOpen) {
  desk.classList.toggle("desk--open", isOpen);
  $("case").hidden = !isOpen;
  $("nothing-open").hidden = isOpen;
}

function open(id) {
  queue.select(String(id));
  history.replaceState(null, "", page.case.replace("/0/", `/${id}/`));
  panel.open(String(id));
}

function done(body, url) {
  if (body.undo) offerUndo(body.message, url.replace(/[^/]+\/$/, "undo/")); // another case may be open by now
  else if (body.message) say(body.message);
  if (body.open) open(body.open);
}

/** Of the open case its panel tells, and of his own press its answer. */
async function tellLeft() {
  const ids = [...leaving].filter((id) => id !== panel.id && id !== panel.own);
  leaving.clear();
  if (ids.length) panel.hear(Object.values(await whyLeft(page.left, ids)));
}

// --- ten seconds to call back what was just sent ---
function offerUndo(text, url) {
  clearInterval(undoing && undoing.timer);
  const until = Date.now() + page.undoSeconds * 1000;
  undoing = { url, timer: setInterval(draw, 250) };
  $("undo").querySelector("[data-said]").textContent = text;
  $("undo").querySelector("[data-undo]").hidden = false;
  $("undo").hidden = false;
  function draw() {
    const left = Math.ceil((until - Date.now()) / 1000);
    $("undo").querySelector("[data-left]").textContent = left;
    if (left <= 0) endUndo();
  }
  draw();
}

function endUndo() {
  clearInterval(undoing && undoing.timer);
  undoing = null;
  $("undo").hidden = true;
}

let saying = 0;
function say(text, ms = SAID_MS) {
  endUndo();
  clearTimeout(saying);
  $("undo").querySelector("[data-said]").textContent = text;
  $("undo").querySelector("[data-undo]").hidden = true;
  $("undo").hidden = false;
  saying = setTimeout(() => { if (!undoing) $("undo").hidden = true; }, ms);
}

async function undo() {
  if (!undoing) return;
  const { url } = undoing;
  endUndo();
  const answer = await post(url, new FormData());
  say(answer.body.message || answer.body.detail, answer.ok ? SAID_MS : REFUSAL_MS);
  panel.refresh();
}
$("undo").querySelector("[data-undo]").addEventListener("click", undo);

// --- live ---
async function loadRoster() {
  if (Date.now() - rosterAt < 30000) return;
  rosterAt = Date.now();
  const answer = await fetch(page.roster, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (answer && answer.ok) roster = await answer.json();
}

const soundMark = document.querySelector(".desk-sound"), sound = makeSound(soundMark, "desk-muted");
soundMark.addEventListener("click", () => sound.toggle());
const helpCalls = makeHelpCalls({ root: $("help-calls"), sound, onShow: (lon, lat) => map.show(lon, lat) });
const shown = new Set();
let live = listen();

function listen() {
  return connect({
    surface: "command", mark: $("live"),
    onThings(things, { reset }) {
      queue.take(Object.fromEntries(Object.entries(things).filter(([thing]) => !thing.startsWith("helpcall:"))), { reset });
      if (reset) helpCalls.keep(things);
      if (reset) for (const id of [...shown]) if (!things[`case:${id}`]) { map.removeCase(id); shown.delete(id); }
      for (const [thing, payload] of Object.entries(things)) {
        if (thing.startsWith("helpcall:")) helpCalls.put(thing, payload);
        if (thing.startsWith("standing:") && panel.id) panel.changed(0);  // an officer may or may not be sent from now on
        if (!thing.startsWith("case:")) continue;
        const id = thing.slice(5);
        if (payload && !reset && !shown.has(id) && payload.priority === "P1" && payload.state === "received") sound.ring();
        if (payload) { map.setCase(id, payload); shown.add(id); } else { map.removeCase(id); shown.delete(id); }
      }
      if (panel.id) {
        const mine = things[`case:${panel.id}`];
        if (mine) panel.changed(mine.v);
        else if (mine === null || reset) panel.changed(0); // ended, or missed while away
        map.selectCase(panel.id, { pan: reset && page.selected === Number(panel.id) });
        if (reset) page.selected = null;
      }
      drawCounts();
    },
    onLooking(cases) { presence.take(cases); },
    onFigures(figures) {
      if (figures.looking) presence.take(figures.looking, { reset: true });
      for (const place of document.querySelectorAll("[data-figure]")) {
        const value = figures[place.dataset.figure];
        if (value !== undefined) place.textContent = place.classList.contains("count") ? value || "" : value;
      }
    },
    onPositions(positions) {
      if (Object.keys(positions).some((pk) => !(pk in roster))) loadRoster();
      map.setPositions(positions, (pk) => roster[pk] || {});
    },
    onState(state) {
      document.body.dataset.live = state;
      if (state === "offline") presence.take({}, { reset: true });  // what is not known is not said
    },
    onRefused: onSignedOut({ isDirty: () => panel.isDirty(), again: () => { live = listen(); panel.changed(); }, url: page.roster }),
  });
}

setInterval(() => { $("clock").textContent = timeWithSeconds(live.now()); }, 1000);

// --- filters and search ---
function drawCounts() {
  const counts = queue.counts();
  for (const button of document.querySelectorAll("[data-filter]")) {
    const stages = button.dataset.filter ? button.dataset.filter.split(" ") : [""];
    button.querySelector("b").textContent = stages.reduce((sum, stage) => sum + (counts[stage] || 0), 0);
  }
  const asked = document.querySelector("[data-asked].filter");
  asked.hidden = !counts.asked && asked.getAttribute("aria-pressed") !== "true";
  asked.querySelector("b").textContent = counts.asked || 0;
  for (const name of AMONG) {
    const button = document.querySelector(`[data-${name}].filter`);
    if (!button) continue;
    button.hidden = !counts[name] && button.getAttribute("aria-pressed") !== "true";
    button.querySelector("b").textContent = counts[name] || 0;
  }
}

document.querySelector(".queue__filters").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const on = button.getAttribute("aria-pressed") !== "true";
  const among = AMONG.find((name) => name in button.dataset);
  if (among) {
    for (const name of AMONG) document.querySelector(`[data-${name}].filter`)?.setAttribute("aria-pressed", String(on && name === among));
    queue.filter({ among: on ? among : null });
  } else if ("own" in button.dataset || "asked" in button.dataset) {
    button.setAttribute("aria-pressed", String(on));
    queue.filter("own" in button.dataset ? { own: on ? String(page.centre) : null } : { asked: on });
  } else {
    document.querySelectorAll("[data-filter]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    queue.filter({ stages: button.dataset.filter ? button.dataset.filter.split(" ") : null });
  }
  drawCounts();
});

$("search").addEventListener("input", () => {
  const text = $("search").value;
  queue.filter({ text });
  const archive = $("search-archive");
  archive.hidden = !text.trim();
  archive.href = `${archive.href.split("?")[0]}?q=${encodeURIComponent(text.trim())}`;
});

// --- clicks inside the case ---
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-open]");
  if (link && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(link.dataset.open); }
  const picture = event.target.closest("a[data-picture]");
  if (picture && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    $("picture").querySelector("img").src = picture.href;
    $("picture").showModal();
  }
  const fill = event.target.closest("[data-fill]");
  if (fill) { $(fill.dataset.fill).value = fill.textContent; $(fill.dataset.fill).focus(); }
  if (event.target.closest("[data-close]")) panel.close();
  if (event.target.closest("[data-help]")) $("help").showModal();
});

keys({ queue, panel, map, layers, undo, help: $("help"), search: $("search"), desk });

drawCounts();
loadRoster();
if (page.selected) {
  queue.select(String(page.selected));
  panel.adopt(String(page.selected), 0);
  map.ready.then(() => panel.changed(), () => {});
}
