// The citizen's report form: place by one tap, photos uploaded at once, nothing lost on the way. Without this file the
// form still works. One file, no imports, read by Chromium 86 and Safari 14; all words come from the page.

const form = document.getElementById("report");
const words = JSON.parse(document.getElementById("words").textContent);
const data = form.dataset;
const by = (id) => document.getElementById(id);
const field = (name) => form.elements[name];
const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? values[name] : whole));
const KEPT = "report", KEPT_MS = 24 * 3600 * 1000;
const FETCH = { credentials: "same-origin", headers: { "X-Requested-With": "fetch", Accept: "application/json" } };

document.documentElement.classList.add("js-on");
document.querySelectorAll(".js").forEach((element) => { element.hidden = false; });
by("place-clear").hidden = by("place-chosen").hidden;

// --- large type (适老化) without leaving the page -------------------------------------------------
by("large-type").addEventListener("click", (event) => {
  event.preventDefault();
  const button = event.currentTarget, large = button.value === "1";
  document.cookie = `large_type=${large ? 1 : 0};path=/;max-age=31536000;samesite=lax`;
  if (large) document.documentElement.dataset.type = "large";
  else delete document.documentElement.dataset.type;
  button.value = large ? "0" : "1";
  button.setAttribute("aria-pressed", String(large));
  button.textContent = large ? words.normal_type : words.large_type;
});

// --- what was typed survives reload, back and a change of the language ------------------------------
const TEXTS = ["text", "place_words", "contact_name", "contact_phone"];
const HIDDEN = ["draft_key", "idempotency_key", "started", "lon", "lat", "accuracy", "place_source", "zone", "place_label"];

function keep() {
  const kept = { at: Date.now(), group: field("group").value, category: checked("category"), photos: [] };
  TEXTS.concat(HIDDEN).forEach((name) => { kept[name] = field(name).value; });
  photos.forEach((photo) => { if (photo.id) kept.photos.push({ id: photo.id, url: photo.url }); });
  try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch (error) { /* storage is full or forbidden: the page itself still holds all */ }
}

function restore() {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(KEPT)); } catch (error) { return; }
  if (!kept || Date.now() - kept.at > KEPT_MS || field("text").value || by("problems")) return;
  TEXTS.concat(HIDDEN).forEach((name) => { if (kept[name]) field(name).value = kept[name]; });
  ["group", "category"].forEach((name) => {
    form.querySelectorAll(`input[name=${name}]`).forEach((radio) => { radio.checked = radio.value === kept[name]; });
  });
  kept.photos.forEach((photo) => addTile({ id: photo.id, url: photo.url }));
  if (kept.contact_name || kept.contact_phone) form.querySelector(".contact").open = true;
  if (kept.place_label) showPlace(kept.place_label);
}

function checked(name) {
  const radio = form.querySelector(`input[name=${name}]:checked`);
  return radio ? radio.value : "";
}

// --- 1 what ---------------------------------------------------------------------------------------
function hint() {
  const radio = field("group").value && form.querySelector("input[name=category]:checked");
  const parts = radio ? [radio.dataset.hint, "photo" in radio.dataset ? words.photo_wanted : ""] : [];
  by("text-hint").textContent = parts.filter(Boolean).join(words.between);
}

form.addEventListener("change", (event) => {
  if (event.target.name === "group") {
    form.querySelectorAll("input[name=category]").forEach((radio) => { radio.checked = false; });
    const panel = form.querySelectorAll(".kinds__panel")[event.target.id.slice(6) - 1];
    const only = panel && panel.querySelectorAll("input");
    if (only && only.length === 1) only[0].checked = true; // a group of one needs no second tap
  }
  if (event.target.name === "group" || event.target.name === "category") hint();
  step();
});
form.addEventListener("input", step);

/** Pieces by which a text is compared: pairs of Chinese characters, longer Latin words. */
function pieces(text) {
  const found = new Set();
  (text.match(/[\u4e00-\u9fff]+/g) || []).forEach((run) => { for (let i = 0; i + 1 < run.length; i++) found.add(run.substr(i, 2)); });
  (text.toLowerCase().match(/[a-z]{4,}/g) || []).forEach((word) => found.add(word.slice(0, 5)));
  return found;
}

const kinds = Array.from(form.querySelectorAll(".kind input")).map((radio) => {
  const name = radio.nextElementSibling.textContent;
  return { radio, name, pieces: Array.from(pieces(name)) };
});

/** While nothing is chosen: the kinds whose names share words with what was typed, one tap instead of two. */
function guess() {
  const typed = pieces(field("text").value);
  const likely = checked("category") ? [] : kinds
    .map((kind) => ({ kind, shared: kind.pieces.filter((piece) => typed.has(piece)).length }))
    .filter(({ shared }) => shared).sort((a, b) => b.shared - a.shared).slice(0, 2);
  const box = by("guess"), names = likely.map(({ kind }) => kind.name).join();
  if (box.dataset.names === names) return; // a button that is being pressed must not be replaced
  box.dataset.names = names;
  box.querySelectorAll("button").forEach((old) => old.remove());
  box.hidden = !likely.length;
  likely.forEach(({ kind }) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button button--small", textContent: kind.name });
    button.addEventListener("click", () => {
      const panel = Array.from(form.querySelectorAll(".kinds__panel")).indexOf(kind.radio.closest(".kinds__panel"));
      by(`group-${panel + 1}`).checked = kind.radio.checked = true;
      hint();
      step();
    });
    box.append(button);
  });
}

/** The button says what happens next, or what is still missing. */
function step() {
  const missing = lacking();
  by("send").querySelector("span").textContent = missing ? words[missing] : words.send;
  by("send").classList.toggle("button--primary", !missing);
  if (!missing) by("send-note").textContent = "";
  guess();
  keep();
}

function lacking() {
  if (!field("text").value.trim()) return "need_text";
  if (!field("lon").value && !field("zone").value && !field("place_words").value.trim() && !chosenZone()) return "need_place";
  return "";
}

function chosenZone() {
  const choice = form.querySelector("input[name=zone_choice]:checked, select[name=zone_choice]");
  return choice ? choice.value : "";
}

// --- 2 where --------------------------------------------------------------------------------------
let map = null;

function setPlace(place) {
  ["lon", "lat", "accuracy", "zone"].forEach((name) => { field(name).value = name in place ? place[name] : ""; });
  field("place_source").value = place.source;
  showPlace(place.label);
  step();
}

function showPlace(label) {
  field("place_label").value = label;
  by("place-words").textContent = label;
  by("place-chosen").hidden = by("place-clear").hidden = !label;
  by("place-list").textContent = "";
}

by("place-clear").addEventListener("click", () => {
  setPlace({ source: "", label: "" });
  by("place-note").textContent = "";
  if (map) map.setPin(null);
  field("place_words").focus();
});

/** Set a point and ask the server what the place is called; outside the county it says so. */
function setPoint(lon, lat, source, accuracy) {
  const shown = accuracy ? say(words.accuracy, { metres: Math.max(5, Math.round(accuracy / 5) * 5) }) : "";
  setPlace({ lon: lon.toFixed(6), lat: lat.toFixed(6), accuracy: accuracy ? Math.round(accuracy) : "", source, label: words.point + shown });
  by("place-note").textContent = accuracy > 200 ? words.rough : "";
  fetch(`${data.places}?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`, FETCH)
    .then((answer) => answer.json().then((found) => ({ ok: answer.ok, found })))
    .then(({ ok, found }) => {
      if (field("lon").value !== lon.toFixed(6)) return; // another place meanwhile
      if (ok) { if (found.words) showPlace(found.words + shown); keep(); return; }
      setPlace({ source: "", label: "" });
      by("place-note").textContent = found.detail || words.outside;
    })
    .catch(() => { /* the name is a courtesy: the point stands */ });
  if (map) { map.setPin(lon, lat, { accuracy }); map.show(lon, lat, { zoom: 16, force: source === "device" }); }
}

by("locate").addEventListener("click", () => {
  if (!navigator.geolocation || !window.isSecureContext) { by("place-note").textContent = words.no_position; return; }
  const button = by("locate");
  button.setAttribute("aria-busy", "true");
  by("place-note").textContent = words.locating;
  navigator.geolocation.getCurrentPosition((position) => {
    button.removeAttribute("aria-busy");
    setPoint(position.coords.longitude, position.coords.latitude, "device", position.coords.accuracy);
  }, (error) => {
    button.removeAttribute("aria-busy");
    by("place-note").textContent = error.code === 1 ? words.position_denied : words.position_failed;
  }, { enableHighAccuracy: true, timeout: 12000, maximumAge: 30000 });
});

function load(tag, attributes) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });
}

let opening = null;
by("open-map").addEventListener("click", () => {
  by("map-box").hidden = false;
  if (opening) { by("map-box").scrollIntoView({ block: "nearest" }); return; }
  by("place-note").textContent = words.map_loading;
  opening = Promise.all([
    load("link", { rel: "stylesheet", href: data.leafletCss }), load("link", { rel: "stylesheet", href: data.mapCss }),
    load("script", { src: data.leaflet }),
  ]).then(() => import(data.mapJs)).then(({ makeMap }) => {
    map = makeMap(by("map"), { base: data.map, tiles: data.tiles, onPick: (lon, lat) => setPoint(lon, lat, "map") });
    return map.ready.then(() => {
      by("place-note").textContent = "";
      const lon = Number(field("lon").value), lat = Number(field("lat").value);
      if (field("lon").value) { map.setPin(lon, lat); map.show(lon, lat, { zoom: 16, force: true }); }
    });
  }).catch(() => { opening = map = null; by("map-box").hidden = true; by("place-note").textContent = words.map_failed; });
});

let typing = 0, asked = 0;
field("place_words").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, 250);
});

function search() {
  const query = field("place_words").value.trim(), mine = ++asked;
  if (query.length < 2 || field("lon").value || field("zone").value) { by("place-list").textContent = ""; return; }
  fetch(`${data.places}?q=${encodeURIComponent(query)}`, FETCH).then((answer) => answer.json()).then(({ places }) => {
    if (mine === asked) offer(places);
  }).catch(() => { /* the words alone are matched when the form is sent */ });
}

/** Places to choose from; a street has no code, only a point. */
function offer(places) {
  by("place-list").textContent = "";
  places.forEach((place) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button", textContent: place.words });
    button.addEventListener("click", () => {
      if (place.code) setPlace({ zone: place.code, source: "zone", label: place.words });
      else setPoint(place.lon, place.lat, "map");
      if (map) map.show(place.lon, place.lat, { zoom: 15, force: true });
    });
    by("place-list").append(button);
  });
}

// --- 3 photos: uploaded at once as drafts, kept through every refusal ------------------------------
const photos = new Map(); // tile → {id, url, file, request}
const input = form.querySelector(".photos__input");

input.addEventListener("change", () => {
  const room = Number(data.most) - photos.size;
  const files = Array.from(input.files);
  input.value = "";
  by("photo-note").textContent = files.length > room ? say(words.photos_most, { most: data.most }) : "";
  files.slice(0, Math.max(0, room)).forEach((file) => {
    if (file.size > Number(data.mostBytes)) { by("photo-note").textContent = say(words.photo_big, { name: file.name }); return; }
    addTile({ file });
  });
  upload();
});

function addTile(photo) {
  const tile = document.createElement("div");
  tile.className = "photo" + (photo.file ? " photo--waiting" : "");
  const image = document.createElement("img");
  image.alt = words.your_photo;
  image.src = photo.url || URL.createObjectURL(photo.file);
  image.addEventListener("error", () => { // a format that this browser cannot draw (HEIC): its name instead
    const name = document.createElement("span");
    name.className = "photo__kind";
    name.textContent = photo.file ? photo.file.name.split(".").pop().toUpperCase() : words.your_photo;
    image.replaceWith(name);
  }, { once: true });
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "photo__remove";
  remove.setAttribute("aria-label", words.remove_photo);
  remove.innerHTML = by("photo-remove-icon").innerHTML;
  remove.addEventListener("click", () => forget(tile));
  tile.append(image, remove);
  adopt(tile, photo);
  by("photo-add").before(tile);
}

function adopt(tile, photo) {
  photos.set(tile, photo);
  if (photo.id && !tile.querySelector("input")) {
    const id = document.createElement("input");
    Object.assign(id, { type: "hidden", name: "photos", value: photo.id });
    tile.append(id);
  }
  by("photo-add").hidden = photos.size >= Number(data.most);
}

function forget(tile) {
  const photo = photos.get(tile);
  if (photo.request) photo.request.abort();
  photos.delete(tile);
  tile.remove();
  by("photo-add").hidden = false;
  upload();
  step();
}

document.querySelectorAll("#photo-list .photo").forEach((tile) => { // drafts that the server showed again
  const image = tile.querySelector("img");
  photos.set(tile, { id: tile.dataset.id, url: image ? image.src : "" });
  tile.querySelector(".photo__remove").addEventListener("click", (event) => { event.preventDefault(); forget(tile); });
});

const waiting = () => Array.from(photos).filter(([, photo]) => photo.file && !photo.id && !photo.failed);

function upload() {
  const open = waiting();
  if (open.filter(([, photo]) => photo.request).length < 2) {
    const next = open.find(([, photo]) => !photo.request);
    if (next) { send(next[0], next[1]); upload(); }
  }
  if (!open.length && wanted) submit();
}

function send(tile, photo) {
  const body = new FormData(), request = (photo.request = new XMLHttpRequest());
  body.append("photo", photo.file);
  body.append("draft_key", field("draft_key").value);
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  tile.append(bar);
  request.open("POST", data.photos);
  request.setRequestHeader("X-CSRFToken", field("csrfmiddlewaretoken").value);
  request.setRequestHeader("X-Requested-With", "fetch");
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
  const fail = (sentence, again) => {
    bar.remove();
    photo.request = null;
    photo.failed = true;
    tile.className = "photo photo--failed";
    by("photo-note").textContent = sentence;
    if (again) retry(tile, photo);
    upload();
  };
  request.onerror = () => fail(words.photo_offline, true);
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch (error) { answer = {}; }
    if (request.status >= 300 || !answer.id) { fail(answer.detail || words.photo_failed, request.status >= 500 || request.status === 429); return; }
    bar.remove();
    Object.assign(photo, { id: answer.id, url: answer.url, request: null });
    tile.className = "photo";
    adopt(tile, photo);
    step();
    upload();
  };
  request.send(body);
}

function retry(tile, photo) {
  const again = document.createElement("button");
  again.type = "button";
  again.className = "photo__again";
  again.textContent = words.again;
  again.addEventListener("click", () => { again.remove(); photo.failed = false; tile.className = "photo photo--waiting"; upload(); });
  tile.append(again);
}

// --- proof of work, while the person types ----------------------------------------------------------
let proof = null, proofUntil = 0;

function prove() {
  if (proof && Date.now() < proofUntil) return proof;
  proofUntil = Date.now() + 20 * 60000; // a challenge lives 30 minutes
  proof = fetch(data.challenge, FETCH).then((answer) => answer.json()).then(solve).then((payload) => { field("altcha").value = payload; })
    .catch(() => { proof = null; }); // without it the report waits for a person's look, it is not lost
  return proof;
}
["focusin", "pointerdown"].forEach((name) => form.addEventListener(name, prove, { once: true }));

/** ALTCHA's second protocol, SHA-256: answers the payload in base64. */
function solve(challenge) {
  return new Promise((done, failed) => {
    const worker = new Worker(URL.createObjectURL(new Blob([`(${solver})();`], { type: "text/javascript" })));
    worker.onmessage = ({ data: solution }) => {
      worker.terminate();
      done(btoa(JSON.stringify({ challenge, solution })));
    };
    worker.onerror = failed;
    worker.postMessage(challenge.parameters);
  });
}

/**
 * Runs in a worker: find the counter for which SHA-256(salt + nonce + counter), `cost` times over, begins with the prefix.
 * Plain arithmetic, so that neither a secure context nor a new browser is needed.
 */
function solver() {
  const K = [], H = [];
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let i = 2; i * i <= n; i++) if (n % i === 0) prime = false;
    if (!prime) continue;
    if (H.length < 8) H.push((Math.sqrt(n) % 1) * 4294967296 | 0);
    K.push((Math.cbrt(n) % 1) * 4294967296 | 0);
  }
  const w = new Int32Array(64), out = new Int32Array(8);
  const hash = (bits) => { // of one block, whose first words are in w
    w[bits / 32] = -2147483648;
    w.fill(0, bits / 32 + 1, 15);
    w[15] = bits;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[i - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) + w[i - 16];
    }
    let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
    for (let i = 0; i < 64; i++) {
      const t = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i]) | 0;
      const u = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c)) | 0;
      h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { out[i] = H[i] + word; });
  };
  const hex = (words) => Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  self.onmessage = ({ data: { salt, nonce, cost, keyLength, keyPrefix } }) => {
    const head = (salt + nonce).match(/.{8}/g).map((word) => parseInt(word, 16) | 0), started = Date.now();
    const first = parseInt(keyPrefix.slice(0, 8), 16) | 0;
    for (let counter = 0; ; counter++) {
      w.set(head);
      w[head.length] = counter;
      hash(head.length * 32 + 32);
      for (let round = 1; round < cost; round++) { w.set(out); hash(256); }
      if (keyPrefix.length >= 8 && out[0] !== first) continue;
      const key = hex(out).slice(0, keyLength * 2);
      if (key.startsWith(keyPrefix)) { self.postMessage({ counter, derivedKey: key, time: Date.now() - started }); return; }
    }
  };
}

// --- send: the page stays until the report is stored ------------------------------------------------
let wanted = false;

form.addEventListener("submit", (event) => {
  if (event.submitter && event.submitter.value === "swap") return; // the server exchanges the two
  event.preventDefault();
  const missing = lacking();
  if (missing) {
    by("send-note").textContent = words[missing];
    field(missing === "need_text" ? "text" : "place_words").focus();
    return;
  }
  wanted = true;
  if (waiting().length) { busy(words.uploading); upload(); } else submit();
});

function busy(note) {
  by("send").disabled = Boolean(note);
  by("send-note").textContent = note || "";
}

function submit() {
  wanted = false;
  busy(words.sending);
  const patience = new Promise((done) => setTimeout(done, 15000));
  Promise.race([prove(), patience]).then(() => post(true));
}

function post(mayRetry) {
  const body = new FormData(form);
  body.delete("files");
  fetch(form.action, { method: "POST", body, ...FETCH }).then((answer) => answer.json().then((said) => {
    if (answer.ok) { window.location.assign(said.url); return; }
    if (said.code === "csrf" && mayRetry) { freshToken().then(() => post(false)); return; }
    busy("");
    proof = null;
    show(said);
  })).catch(() => { busy(""); by("send-note").textContent = words.offline; });
}

/** What the server said, beside its field where it names one. */
function show(said) {
  form.querySelectorAll(".field__error").forEach((old) => old.remove());
  by("send-note").textContent = said.detail;
  if (said.fresh) Object.keys(said.fresh).forEach((name) => { field(name).value = said.fresh[name]; });
  Object.keys(said.errors || {}).forEach((name, position) => {
    const place = { place: "place_words", category: "group-0", photos: "photo-note" }[name] || name;
    const element = by(place);
    if (!element) return;
    const error = document.createElement("span");
    error.className = "field__error";
    error.textContent = said.errors[name].join(" ");
    element.after(error);
    if (!position) element.scrollIntoView({ block: "center" });
  });
  if (said.candidates && said.candidates.length) offer(said.candidates);
}

function freshToken() {
  return fetch(form.action, { credentials: "same-origin" }).then((answer) => answer.text()).then((text) => {
    const found = new DOMParser().parseFromString(text, "text/html").querySelector("[name=csrfmiddlewaretoken]");
    if (found) field("csrfmiddlewaretoken").value = found.value;
  });
}

window.addEventListener("pageshow", () => { busy(""); step(); });
restore();
hint();
step();
const problems = by("problems");
if (problems) problems.focus();
