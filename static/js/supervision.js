// Supervision: when something has ended, a page whose period holds today reads its figures again.
import { connect } from "live";

const WAIT_MS = 1000;
const PATIENCE_MS = 400;
let timer = 0;

async function read() {
  timer = 0;
  const figures = document.getElementById("figures");
  if (!figures || !figures.dataset.today) return;
  const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("figures");
  if (!fresh) return;
  figures.replaceWith(fresh);
  document.dispatchEvent(new Event("figures"));
}

// A long period takes a moment to count: the page says so instead of standing still.
const counting = document.getElementById("counting");
let patience = 0;
function wait() {
  if (!counting) return;
  patience = setTimeout(() => {
    counting.hidden = false;
    document.getElementById("figures").setAttribute("aria-busy", "true");
  }, PATIENCE_MS);
}
document.addEventListener("submit", (event) => event.target.matches(".choose") && wait());
document.addEventListener("click", (event) => {
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (plain && event.target.closest(".choose a, .divided .tabs a, th a[href^='?']")) wait();
});
addEventListener("pageshow", () => { // also when it comes back from the browser's memory
  clearTimeout(patience);
  if (!counting) return;
  counting.hidden = true;
  document.getElementById("figures").removeAttribute("aria-busy");
});

connect({
  surface: "supervision",
  mark: document.querySelector(".live-mark"),
  onThings(things, { reset }) {
    if (!reset && !timer) timer = setTimeout(read, WAIT_MS);
  },
});
