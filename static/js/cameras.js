// Cameras by grid and on the map.

import "desk";
import { makeMap } from "map";

const marks = JSON.parse(document.getElementById("marks").textContent);
const element = document.getElementById("map");
const map = makeMap(element, {
  base: element.dataset.base,
  onCamera(id) { location.href = marks.find((mark) => mark.id === id).url; },
});
map.ready.then(() => map.setCameras(marks), () => {});

const search = document.getElementById("search");
function filter() {
  const wanted = search.value.trim().toLowerCase().split(/\s+/);
  let any = false;
  for (const group of document.querySelectorAll("[data-group]")) {
    let shown = 0;
    for (const line of group.querySelectorAll("li")) {
      line.hidden = !wanted.every((word) => line.dataset.find.toLowerCase().includes(word));
      if (!line.hidden) shown += 1;
    }
    group.hidden = !shown;
    group.querySelector("h2 span").textContent = shown;
    any = any || shown > 0;
  }
  document.getElementById("none").hidden = any;
}
search.addEventListener("input", filter);
search.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { search.value = ""; filter(); }
  const first = document.querySelector("#cameras li:not([hidden]) a");
  if (event.key === "Enter" && first) first.click();
});
document.getElementById("cameras").addEventListener("pointerover", (event) => {
  const line = event.target.closest("li[data-id]");
  const mark = line && marks.find(({ id }) => String(id) === line.dataset.id);
  if (mark) map.setPin(mark.lon, mark.lat);
});
