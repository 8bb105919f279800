// The console's lists: live mark and figures, forms that do one thing, and a list that fetches itself again when its figure changes.

import "pictures";
import { connect } from "live";
import { timeWithSeconds } from "format";
import { listen } from "actions";
import { onSignedOut } from "session";

const list = document.getElementById("list");
const watched = list && list.dataset.figureRefresh ? list.dataset.figureRefresh.split(" ") : [];
let known = null;

/** Fetch the page again and replace what changed; cards in which somebody types stay. */
async function refresh() {
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("list");
  if (!isDirty()) { list.replaceChildren(...fresh.childNodes); return; }
  const wanted = new Set([...fresh.querySelectorAll("[id]")].map((card) => card.id));
  for (const card of list.querySelectorAll("article[id]")) if (!wanted.has(card.id)) card.remove();
  for (const card of fresh.querySelectorAll("article[id]")) if (!document.getElementById(card.id)) list.append(card);
}

/** Whether somebody has typed something that is not sent. */
function isDirty() {
  return [...document.querySelectorAll("main input:not([type=hidden]):not([type=search]), main textarea")].some((field) => field.value !== field.defaultValue);
}

let live = open();

function open() {
  return connect({
    surface: "command", mark: document.getElementById("live"),
    onFigures(figures) {
      for (const place of document.querySelectorAll("[data-figure]")) {
        const value = figures[place.dataset.figure];
        if (value !== undefined) place.textContent = value || "";
      }
      const now = watched.map((name) => figures[name]).join(" ");
      if (known !== null && now !== known) refresh();
      known = now;
    },
    onRefused: onSignedOut({ isDirty, again: () => { live = open(); }, url: document.getElementById("words").dataset.alive }),
  });
}
const clock = document.getElementById("clock");
setInterval(() => { clock.textContent = timeWithSeconds(live.now()); }, 1000);
if (list) listen(list, refresh, (said) => {
  const notice = document.createElement("p");
  notice.className = "notice notice--error";
  notice.textContent = said;
  document.getElementById("refusals").replaceChildren(notice);
});

document.addEventListener("keydown", (event) => {
  const search = document.getElementById("search");
  if (event.key === "/" && search && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
});
