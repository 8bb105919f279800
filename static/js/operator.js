// The form for calls, visitors and cameras: place by name or map, open cases nearby while typing, pictures as drafts.

import "desk";
import { makeMap } from "map";
import { post } from "actions";
import { serverNow, span } from "format";

const $ = (id) => document.getElementById(id);
const form = $("intake");
const field = (name) => form.elements.namedItem(name);
const element = $("map");
const map = makeMap(element, { base: element.dataset.base, onPick: pick });
const camera = form.dataset.lon ? { lon: form.dataset.lon, lat: form.dataset.lat } : null;
map.ready.then(() => {
  const at = field("lon").value ? { lon: field("lon").value, lat: field("lat").value } : camera;
  if (at) { pin(Number(at.lon), Number(at.lat)); nearby(); }
}, () => {});

// --- the call ---
const call = field("call_started"), callTime = $("call-time");
if (call && callTime) setInterval(() => {
  const begun = Number(form.dataset.started) + (Date.parse(call.value) - Date.parse(call.defaultValue) || 0);
  callTime.textContent = span(Math.max(0, serverNow() - begun));
}, 1000);

// --- the place ---
function pin(lon, lat) {
  map.setPin(lon, lat);
  map.show(lon, lat, { zoom: Math.max(map.map.getZoom(), 15), force: true });
}

function pick(lon, lat, source = "map") {
  field("lon").value = lon.toFixed(6);
  field("lat").value = lat.toFixed(6);
  field("place_source").value = source;
  field("zone").value = "";
  map.setPin(lon, lat);
  $("position").textContent = $("position").dataset.set;
  nearby();
}
$("position").textContent = $("position").dataset[field("lon").value ? "set" : camera ? "camera" : "none"];

const place = $("place"), places = $("places");
let asked = 0, found = [], marked = -1, timer = 0;

place.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, 150);
});

async function search() {
  const turn = ++asked, q = place.value.trim();
  if (!q) { show([]); return; }
  const answer = await fetch(`${form.dataset.places}?q=${encodeURIComponent(q)}`, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (turn !== asked || !answer || !answer.ok) return;
  show((await answer.json()).places);
}

function show(list) {
  found = list;
  marked = list.length ? 0 : -1;
  places.replaceChildren(...list.map((one, at) => {
    const line = document.createElement("li");
    line.setAttribute("role", "option");
    line.textContent = one.words;
    line.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(at); });
    return line;
  }));
  places.hidden = !list.length;
  place.setAttribute("aria-expanded", String(!places.hidden));
  mark();
}

function mark() {
  [...places.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === marked)));
}

function choose(at) {
  const one = found[at];
  if (!one) return;
  place.value = one.words;
  show([]);
  if (one.code) {
    field("zone").value = one.code;
    field("lon").value = field("lat").value = "";
    pin(one.lon, one.lat);
    $("position").textContent = $("position").dataset.zone;
    nearby();
  } else {
    pick(one.lon, one.lat, "operator");
    pin(one.lon, one.lat);
  }
}

place.addEventListener("keydown", (event) => {
  if (event.isComposing || places.hidden) return;
  if (event.key === "ArrowDown") marked = Math.min(found.length - 1, marked + 1);
  else if (event.key === "ArrowUp") marked = Math.max(0, marked - 1);
  else if (event.key === "Enter") choose(marked);
  else if (event.key === "Escape") show([]);
  else return;
  event.preventDefault();
  mark();
});
place.addEventListener("blur", () => show([]));

// --- the category: found by typing, guessed from the words ---
const categories = [...document.querySelectorAll(".category[data-words]")];
const finder = $("find-category");
finder.addEventListener("input", () => {
  const words = finder.value.trim().toLowerCase().split(/\s+/);
  for (const label of categories) label.hidden = !words.every((word) => label.dataset.words.toLowerCase().includes(word));
});
finder.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const first = categories.find((label) => !label.hidden);
  if (!first || !finder.value.trim()) return;
  finder.value = "";
  categories.forEach((label) => { label.hidden = false; });
  take(first);
  $("text").focus();
});

function take(label) {
  label.querySelector("input").checked = true;
  $("guess").hidden = true;
  nearby();
}
$("categories").addEventListener("change", () => nearby());

/** Pairs of neighbouring characters that text and category share: crude, but it only offers. */
function guess() {
  const text = $("text").value;
  const chosen = form.querySelector("input[name=category]:checked");
  const scored = chosen && chosen.value ? [] : categories.map((label) => {
    const words = new Set(label.dataset.words.replace(/[\s、，;；]/g, " ").split(" ").flatMap((word) => [...word].slice(1).map((_, at) => word.slice(at, at + 2))));
    return { label, score: [...words].filter((pair) => /[\u4e00-\u9fff]{2}/.test(pair) && text.includes(pair)).length };
  }).filter(({ score }) => score > 1).sort((a, b) => b.score - a.score).slice(0, 3);
  const line = $("guess");
  line.hidden = !scored.length;
  line.replaceChildren(line.dataset.label, ...scored.map(({ label }) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button button--small", textContent: label.textContent.trim() });
    button.addEventListener("click", () => take(label));
    return button;
  }));
}
$("text").addEventListener("input", guess);

// --- open cases nearby ---
let nearTimer = 0;
function nearby() {
  clearTimeout(nearTimer);
  nearTimer = setTimeout(async () => {
    const data = new FormData();
    for (const name of ["category", "lon", "lat", "zone", "contact_phone"]) {
      const value = name === "category" ? (form.querySelector("input[name=category]:checked") || {}).value : (field(name) || {}).value;
      if (value) data.append(name, value);
    }
    if (camera && !data.has("lon") && !data.has("zone")) { data.append("lon", camera.lon); data.append("lat", camera.lat); }
    const answer = await post(form.dataset.nearby, data);
    if (!answer.ok) return;
    const box = $("nearby");
    box.innerHTML = answer.body;
    if (!box.querySelector("article")) box.textContent = box.dataset.none;
  }, 200);
}
if (field("contact_phone")) field("contact_phone").addEventListener("input", nearby);

function join(pk, number) {
  field("join").value = pk;
  $("joining").hidden = !pk;
  $("joining").querySelector("b").textContent = number;
  const store = $("store");
  store.querySelector("span").textContent = pk ? store.dataset.join : store.dataset.new;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-join]");
  if (button && button.closest("article")) join(button.dataset.join, button.closest("article").dataset.number);
  if (event.target.closest("[data-unjoin]")) join("", "");
  const swap = event.target.closest("[data-swap]");
  if (swap) { const [lon, lat] = swap.dataset.swap.split(",").map(Number); pick(lon, lat); pin(lon, lat); $("errors").hidden = true; }
});

// --- pictures ---
async function upload(file) {
  const data = new FormData();
  data.append("file", file);
  data.append("draft_key", field("draft_key").value);
  data.append("kind", form.dataset.photoKind);
  const answer = await post(form.dataset.photos, data);
  $("photo-said").textContent = answer.ok ? "" : answer.body.detail || "";
  if (!answer.ok) return;
  const line = document.createElement("li"), image = document.createElement("img"), id = document.createElement("input"), remove = document.createElement("button");
  Object.assign(image, { src: URL.createObjectURL(file), alt: file.name });
  Object.assign(id, { type: "hidden", name: "photos", value: answer.body.id });
  Object.assign(remove, { type: "button", className: "link", textContent: $("photo-said").dataset.remove });
  remove.addEventListener("click", () => line.remove());
  line.append(image, id, remove);
  $("photos").append(line);
}
$("pictures").addEventListener("change", async (event) => {
  for (const file of [...event.target.files]) await upload(file);
  event.target.value = "";
});
document.addEventListener("paste", (event) => { // a still picture from the clipboard
  for (const item of event.clipboardData.items) if (item.type.startsWith("image/")) upload(item.getAsFile());
});

// --- keys ---
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit($("store")); return; }
  if (!event.altKey) return;
  const target = { KeyC: finder, KeyT: $("text"), KeyP: place, KeyN: $("phone") }[event.code];
  if (target) { event.preventDefault(); target.focus(); }
});
form.addEventListener("input", () => { form.dataset.dirty = "1"; });
form.addEventListener("submit", () => { $("store").setAttribute("aria-busy", "true"); });
