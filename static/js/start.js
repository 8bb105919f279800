// The start page of the demonstration: follows the visitor's own report and ticks the steps off as they really happen.

const page = document.getElementById("content");
const by = (id) => document.getElementById(id);
const citizen = by("citizen"), officer = by("officer");
const KEPT = "start.code", EVERY_MS = 2000;
const CODE = /^\/t\/([0-9A-Z]{12})\/$/;

let code = sessionStorage.getItem(KEPT) || "", shownDispatch = "", last = null;

/** The citizen's phone tells by its address which report is the visitor's. */
function look() {
  let path = "";
  try { path = citizen.contentWindow.location.pathname; } catch (error) { return; }
  const found = path.match(CODE);
  if (found && found[1] !== code) follow(found[1]);
}

function follow(next) {
  code = next;
  shownDispatch = "";
  if (code) sessionStorage.setItem(KEPT, code);
  else sessionStorage.removeItem(KEPT);
  document.querySelectorAll("input.code").forEach((input) => { input.value = code; });
  by("another").hidden = !code;
  if (!code) { last = null; by("held").hidden = true; tick([]); by("clock").hidden = true; spend(0); }
  ask();
}

async function ask() {
  if (!code) return;
  let answer;
  try { answer = await fetch(`${page.dataset.state}?code=${code}`, { headers: { "X-Requested-With": "fetch" } }); } catch { return; }
  if (answer.status === 404) { follow(""); return; }
  if (!answer.ok) return;
  last = await answer.json();
  tick(last.done);
  by("held").hidden = !last.held;
  by("officer-name").textContent = last.officer;
  if (last.dispatch && last.dispatch !== shownDispatch) { // somebody was sent: this is his phone now
    shownDispatch = last.dispatch;
    by("officer-enter").requestSubmit();
  }
}

function tick(done) {
  let now = null;
  document.querySelectorAll(".step").forEach((step) => {
    const is = done.includes(step.dataset.step);
    step.classList.toggle("step--done", is);
    if (!is && !now) now = step;
    step.classList.remove("step--now");
    step.removeAttribute("aria-current");
  });
  if (now) {
    now.classList.add("step--now");
    now.setAttribute("aria-current", "step");
  }
}

function spend(share) {
  if (by("spent")) by("spent").setAttribute("width", (100 * Math.min(1, share)).toFixed(2));
}

function clock() {
  if (!last || !last.started) return;
  const now = last.ended || Date.now(), seconds = Math.max(0, Math.round((now - last.started) / 1000));
  spend((now - last.started) / (last.due - last.started));
  by("clock").hidden = false;
  by("clock").textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  by("clock").classList.toggle("late", now > last.due);
}

by("officer-enter").addEventListener("submit", () => { officer.hidden = false; by("officer-wait").hidden = true; });
by("another").addEventListener("click", () => { follow(""); citizen.src = page.dataset.home; });
setInterval(() => { look(); clock(); }, 1000);
setInterval(ask, EVERY_MS);
if (code) { citizen.src = `${page.dataset.track}${code}/`; follow(code); }
else tick([]);
