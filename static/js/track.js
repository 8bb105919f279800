// The reporter's page moves by itself: over the socket while there is one, else by asking every 15 seconds. The code goes
// into the socket's first message, never into its address. One file, no imports, read by Chromium 86 and Safari 14.

const page = document.getElementById("track-live");
const box = document.getElementById("progress");
const mark = document.getElementById("live");
const by = (id) => document.getElementById(id);
const POLL_MS = 15000, SILENT_MS = 12000, RETRY_MS = [1000, 2000, 5000, 15000, 30000];
const TOO_FAST = 4429, NOT_YOURS = 4403;

let offset = 0, socket = null, heard = 0, failures = 0, poll = 0, known = Number(page.dataset.version);

try { sessionStorage.removeItem("report"); } catch (error) { /* nothing was kept */ }

mark.hidden = false;

function live(state) {
  mark.dataset.live = state === "poll" ? "catching" : state;
  const words = { live: mark.dataset.wordsLive, catching: mark.dataset.wordsCatching, poll: mark.dataset.wordsPoll, offline: mark.dataset.wordsOffline };
  if (mark.textContent !== words[state]) mark.textContent = words[state];
}

// --- what the server says ---------------------------------------------------------------------------
function take(message) {
  if (message.now) offset = message.now - Date.now();
  const things = Object.keys(message.things || {});
  let gone = false;
  things.forEach((name) => {
    const thing = message.things[name];
    if (thing === null) { gone = true; return; }
    const same = box.firstElementChild && box.firstElementChild.dataset.thing === name;
    if (same && thing.v < known) return;
    if (!same || thing.v > known) draw(thing.html);
    known = thing.v;
    gone = false;
    by("asks").hidden = !thing.asks;
    by("withdraw").hidden = !thing.can_withdraw;
    by("solved").hidden = !thing.solved;
  });
  if (gone) ask(); // the report has moved to another case: ask for the whole
}

function draw(html) {
  box.innerHTML = html;
  document.querySelectorAll(".messages").forEach((said) => said.remove()); // what was said of the last press is past
  tick();
  photos();
}

/** Photos have addresses of this reader's own, so they and the answers with which they came never come over the socket. */
let photosAt = 0;
function photos() {
  const wanted = ++photosAt;
  fetch(page.dataset.url, { headers: { "X-Requested-With": "fetch", Accept: "application/json" } })
    .then((answer) => answer.json())
    .then((found) => {
      if (wanted !== photosAt || !found.things) return;
      fill(by("shots"), found.photos.trim());
      fill(by("former"), found.former.trim());
    })
    .catch(() => { /* they are asked for again with the next change */ });
}

function fill(part, html) {
  if (html !== part.innerHTML.trim()) part.innerHTML = html;
  part.hidden = !html;
}

// --- socket, else polling -----------------------------------------------------------------------------
function connect() {
  live("catching");
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  try { socket = new WebSocket(`${scheme}//${window.location.host}/ws/track/`); } catch (error) { lost(); return; }
  socket.onopen = () => { heard = Date.now(); socket.send(JSON.stringify({ type: "track", code: page.dataset.code })); };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    heard = Date.now();
    failures = 0;
    clearInterval(poll);
    poll = 0;
    if (message.type === "snapshot" || message.type === "change") take(message);
    if (message.type === "beat" && message.now) offset = message.now - Date.now();
    live("live");
  };
  socket.onclose = (event) => { socket = null; lost(event.code); };
}

function lost(code) {
  const wait = code === TOO_FAST || code === NOT_YOURS ? RETRY_MS[RETRY_MS.length - 1] : RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  live(navigator.onLine === false ? "offline" : "catching");
  if (failures > 1 && !poll) { get(); poll = setInterval(get, POLL_MS); }
  setTimeout(connect, wait * (0.75 + Math.random() / 2));
}

function get() {
  fetch(page.dataset.url, { headers: { "X-Requested-With": "fetch", Accept: "application/json" }, cache: "no-store" })
    .then((answer) => { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
    .then((message) => { take(message); if (poll) live("poll"); })
    .catch(() => live("offline"));
}

function ask() {
  if (socket && socket.readyState === 1) socket.send(JSON.stringify({ type: "fetch" }));
  else get();
}

setInterval(() => { // a phone that slept finds a dead socket
  if (socket && socket.readyState === 1 && Date.now() - heard > SILENT_MS) socket.close();
}, 3000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
window.addEventListener("online", () => ask());
window.addEventListener("offline", () => live("offline"));

// --- the clock ------------------------------------------------------------------------------------------
const two = (number) => String(number).padStart(2, "0");

/** 09:41 left, +03:12 past the limit, 2:05:10 above an hour: as journal.spoken.countdown. */
function span(seconds) {
  const s = Math.abs(Math.trunc(seconds)), sign = seconds < 0 ? "+" : "", rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return sign + (s < 3600 ? rest : `${Math.floor(s / 3600)}:${rest}`);
}

function tick() {
  const ring = box.querySelector(".ring");
  if (!ring) return;
  const started = Number(ring.dataset.started), due = Number(ring.dataset.due);
  const now = Number(ring.dataset.paused) || Date.now() + offset;
  const used = Math.min(1, Math.max(0, (now - started) / (due - started)));
  ring.querySelector("b").textContent = span((due - now) / 1000);
  const late = used >= 1, note = ring.querySelector(".ring__note");
  ring.querySelector(".ring__arc").setAttribute("stroke-dasharray", `${late ? 100 : (100 - used * 100).toFixed(1)} 100`);
  ring.classList.toggle("ring--amber", used >= 0.7 && !late);
  ring.classList.toggle("ring--late", late);
  if (late && !ring.dataset.paused) {
    note.textContent = note.dataset.late;
    box.querySelector(".progress__late").hidden = false;
  }
}

setInterval(tick, 1000);
tick();

by("copy").hidden = !navigator.clipboard;
by("copy").addEventListener("click", () => {
  navigator.clipboard.writeText(window.location.origin + page.dataset.url).then(() => {
    by("copy").querySelector("span").textContent = by("copy").dataset.copied;
  });
});
by("large-type").addEventListener("click", (event) => {
  event.preventDefault();
  const large = event.currentTarget.value === "1";
  document.cookie = `large_type=${large ? 1 : 0};path=/;max-age=31536000;samesite=lax`;
  window.location.reload();
});

// photos that were still being prepared when the page was made
if (Number(by("shots").dataset.pending)) [3000, 8000, 20000].forEach((wait) => setTimeout(photos, wait));
connect();
