// An import in work: its bar moves by itself; when the worker has done with it, the result takes its place. Without this the page is reloaded.

const EVERY_MS = 800;
const PATIENCE = 5; // failed questions in a row, after which the person is left to look again himself

const run = () => document.getElementById("run");
let failed = 0;

async function look() {
  try {
    const answer = await fetch(run().dataset.progress, { headers: { "X-Requested-With": "fetch" } });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json();
    failed = 0;
    const bar = run().querySelector("progress");
    if (bar) bar.value = told.progress;
    if (!told.busy) await show();
  } catch {
    failed += 1;
  }
  if (run().dataset.busy && failed < PATIENCE) setTimeout(look, EVERY_MS);
}

async function show() {
  const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) throw new Error(answer.status);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("run");
  run().replaceWith(fresh);
  const heading = fresh.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

setTimeout(look, EVERY_MS / 2);
