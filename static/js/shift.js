// Notes for the next shift: kept on the server with every pause in typing; while that fails, in this browser. Nothing is lost by a
// reload, a sign-out or a refusal. The remark of whoever takes over stays in this browser until it is sent.

import { post } from "actions";

const PAUSE_MS = 800, AGAIN_MS = 5000;
const list = document.getElementById("list");
let timer = 0;

const form = () => document.getElementById("shift-sign");
const fields = () => [...document.querySelectorAll("[data-note]")];
const place = (field) => `shift:${form().dataset.user}:${field.name}${field.dataset.remark || ""}`;

function keepHere(field) {
  try {
    if (field.value !== field.defaultValue) localStorage.setItem(place(field), field.value); else localStorage.removeItem(place(field));
  } catch { /* storage is forbidden: the server has it in a moment */ }
}

function kept(field) {
  try { return localStorage.getItem(place(field)); } catch { return null; }
}

/** What was typed and never reached the server comes back into its field. */
function restore() {
  if (!form()) return;
  for (const field of [...fields(), ...document.querySelectorAll("[data-remark]")]) {
    const text = kept(field);
    if (text !== null && field.value === field.defaultValue) field.value = text;
    grow(field);
  }
  if (changed().length) plan();
}

const changed = () => fields().filter((field) => field.value !== field.defaultValue);
const grow = (field) => { field.rows = Math.max(field.id === "note" ? 4 : 1, Math.min(8, field.value.split("\n").length)); };

function plan(wait = PAUSE_MS) {
  clearTimeout(timer);
  timer = setTimeout(keep, wait);
}

async function keep() {
  const open = form(), sent = changed().map((field) => [field, field.value]);
  if (!open || !sent.length) return;
  const data = new FormData();
  for (const [field, text] of sent) data.append(field.name, text);
  const answer = await post(open.dataset.keep, data);
  const said = document.querySelector("[data-kept-said]");
  if (said) said.textContent = answer.ok ? open.dataset.kept : open.dataset.unkept;
  if (!answer.ok) { plan(AGAIN_MS); return; }
  for (const [field, text] of sent) {
    field.defaultValue = text;
    keepHere(field);
  }
  if (changed().length) plan();
}

list.addEventListener("input", (event) => {
  const field = event.target;
  if (!("note" in field.dataset) && !("remark" in field.dataset)) return;
  keepHere(field);
  grow(field);
  if ("note" in field.dataset) plan();
});

list.addEventListener("reset", (event) => { // it was sent and taken: the server has it
  clearTimeout(timer);
  for (const field of event.target.elements) {
    if (!("note" in field.dataset) && !("remark" in field.dataset)) continue;
    try { localStorage.removeItem(place(field)); } catch { /* never kept here */ }
  }
});

addEventListener("pagehide", () => { if (changed().length) keep(); });
new MutationObserver(restore).observe(list, { childList: true });
restore();
