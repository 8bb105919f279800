// Photos of the citizen's form: uploaded at once as drafts, two at a time, kept through every refusal. Runs before report.js
// and gives it `form.photoBox`. No imports, read by Chromium 86 and Safari 14; all words come from the page.

const form = document.getElementById("report");
const words = JSON.parse(document.getElementById("words").textContent);
const data = form.dataset;
const by = (id) => document.getElementById(id);
const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

const photos = new Map(); // tile → {id, url, file, request}
const input = form.querySelector(".photos__input");

input.addEventListener("change", () => {
  const room = Number(data.most) - photos.size, problems = [];
  const files = Array.from(input.files);
  input.value = "";
  if (files.length > room) problems.push(say(words.photos_most, { most: data.most }));
  files.slice(0, Math.max(0, room)).forEach((file) => {
    if (file.size > Number(data.mostBytes)) { problems.push(say(words.photo_big, { name: file.name })); return; }
    addTile({ file });
  });
  note(problems);
  upload();
});

/** Say what became of photos, one line each; an empty list clears it. */
function note(sentences) {
  by("photo-note").textContent = sentences.join("\n");
  by("photo-note").classList.toggle("field__hint--problem", sentences.length > 0);
}

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
  if (photo.id) { // else it would still count towards the most that a form may have
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Draft-Key": form.elements.draft_key.value, "X-Requested-With": "fetch" };
    fetch(`${data.photos}${photo.id}/`, { method: "DELETE", headers, credentials: "same-origin" }).catch(() => { /* swept within a day */ });
  }
  drop(tile);
  upload();
  changed();
}

function drop(tile) {
  photos.delete(tile);
  tile.remove();
  by("photo-add").hidden = false;
}

document.querySelectorAll("#photo-list .photo").forEach((tile) => { // drafts that the server showed again
  const image = tile.querySelector("img");
  photos.set(tile, { id: tile.dataset.id, url: image ? image.src : "" });
  tile.querySelector(".photo__remove").addEventListener("click", (event) => { event.preventDefault(); forget(tile); });
});

const changed = () => form.dispatchEvent(new Event("input"));
const waiting = () => Array.from(photos).filter(([, photo]) => photo.file && !photo.id && !photo.failed);

function upload() {
  const open = waiting();
  if (open.filter(([, photo]) => photo.request).length < 2) {
    const next = open.find(([, photo]) => !photo.request);
    if (next) { transmit(next[0], next[1]); upload(); }
  }
  if (!open.length) arrived.splice(0).forEach((done) => done());
}

function transmit(tile, photo) {
  const body = new FormData(), request = (photo.request = new XMLHttpRequest());
  body.append("photo", photo.file);
  body.append("draft_key", form.elements.draft_key.value);
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  tile.append(bar);
  request.open("POST", data.photos);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.setRequestHeader("X-Requested-With", "fetch");
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
  const fail = (sentence, again) => {
    bar.remove();
    photo.request = null;
    note(by("photo-note").classList.contains("field__hint--problem") ? [by("photo-note").textContent, sentence] : [sentence]);
    if (again) {
      photo.failed = true;
      tile.className = "photo photo--failed";
      retry(tile, photo);
    } else drop(tile); // what can never be sent takes no room from what can
    upload();
  };
  request.onerror = () => fail(words.photo_offline, true);
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch (error) { answer = {}; }
    if (request.status >= 300 || !answer.id) { fail(`${photo.file.name.slice(0, 40)} · ${answer.detail || words.photo_failed}`, request.status >= 500 || request.status === 429); return; }
    bar.remove();
    Object.assign(photo, { id: answer.id, url: answer.url, request: null });
    tile.className = "photo";
    adopt(tile, photo);
    changed();
    upload();
  };
  request.send(body);
}

function retry(tile, photo) {
  const again = document.createElement("button");
  again.type = "button";
  again.className = "photo__again";
  again.textContent = words.again;
  again.addEventListener("click", () => { again.remove(); note([]); photo.failed = false; tile.className = "photo photo--waiting"; upload(); });
  tile.append(again);
}

const arrived = [];

form.photoBox = {
  /** [{id, url}] of the photos that are stored. */
  stored: () => Array.from(photos.values()).filter((photo) => photo.id).map(({ id, url }) => ({ id, url })),
  add: addTile,
  /** Whether some are still on their way; `whenArrived` resolves when none is. */
  busy: () => waiting().length > 0,
  whenArrived: () => new Promise((done) => { arrived.push(done); upload(); }),
};
