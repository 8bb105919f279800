// The citizen's report form: place by one tap, nothing lost on the way. Without this file the form still works. photos.js has
// run before. No imports, read by Chromium 86 and Safari 14; all words come from the page.

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
  const kept = { at: Date.now(), group: field("group").value, category: checked("category"), photos: form.photoBox.stored() };
  TEXTS.concat(HIDDEN).forEach((name) => { kept[name] = field(name).value; });
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
  kept.photos.forEach(form.photoBox.add);
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
    const only = panel && panel.querySelectorAll("input[name=category]");
    if (only && only.length === 1) only[0].checked = true; // a group of one needs no second tap
    if (panel) panel.scrollIntoView({ block: "nearest" }); // it opens below all groups, on a phone below the edge
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

const kinds = Array.from(form.querySelectorAll(".kind input[name=category]")).map((radio) => {
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
    const kindButton = document.createElement("button");
    Object.assign(kindButton, { type: "button", className: "button button--small", textContent: kind.name });
    kindButton.addEventListener("click", () => {
      const panel = Array.from(form.querySelectorAll(".kinds__panel")).indexOf(kind.radio.closest(".kinds__panel"));
      by(`group-${panel + 1}`).checked = kind.radio.checked = true;
      hint();
      step();
    });
    box.append(kindButton);
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
  if (!field("text").value.trim() && !form.querySelector("input[name=rules]:checked") && !form.photoBox.busy() && !form.photoBox.stored().length) return "need_text";
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
    map = makeMap(by("map"), { base: data.map, onPick: (lon, lat) => setPoint(lon, lat, "map") });
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
    const placeButton = document.createElement("button");
    Object.assign(placeButton, { type: "button", className: "button", textContent: place.words });
    placeButton.addEventListener("click", () => {
      const typed = field("place_words");
      if (place.words.includes(typed.value.trim())) typed.value = place.words; // what was only searched with; more than the name stays
      if (place.code) setPlace({ zone: place.code, source: "zone", label: place.words });
      else setPoint(place.lon, place.lat, "map");
      if (map) map.show(place.lon, place.lat, { zoom: 15, force: true });
    });
    by("place-list").append(placeButton);
  });
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
    const worker = new Worker(data.solver);
    worker.onmessage = ({ data: solution }) => {
      worker.terminate();
      done(btoa(JSON.stringify({ challenge, solution })));
    };
    worker.onerror = failed;
    worker.postMessage(challenge.parameters);
  });
}

// --- send: the page stays until the report is stored ------------------------------------------------
form.addEventListener("submit", (event) => {
  if (event.submitter && event.submitter.value === "swap") return; // the server exchanges the two
  event.preventDefault();
  const missing = lacking();
  if (missing) {
    by("send-note").textContent = words[missing];
    field(missing === "need_text" ? "text" : "place_words").focus();
    return;
  }
  if (form.photoBox.busy()) busy(words.uploading);
  form.photoBox.whenArrived().then(submit);
});

function busy(note) {
  by("send").disabled = Boolean(note);
  by("send-note").textContent = note || "";
}

function submit() {
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
