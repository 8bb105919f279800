// Calls for help at the top of a screen: seen until they have ended, heard until somebody has answered.

import { listen } from "actions";

const RING_MS = 6000;

/** `sound.ring()` while a call waits; answers {put, keep, any}; `onShow(lon, lat)` when somebody wants to see where: of a screen with buttons. */
export function makeHelpCalls({ root, sound, onShow = null }) {
  const waiting = new Set();
  if (onShow) {
    listen(root, () => {});
    root.addEventListener("click", (event) => {
      const show = event.target.closest("[data-show-lon]");
      if (show) onShow(Number(show.dataset.showLon), Number(show.dataset.showLat));
    });
  }
  setInterval(() => { if (waiting.size) sound.ring(); }, RING_MS);

  function put(thing, payload) {
    const old = root.querySelector(`[data-call="${thing}"]`);
    if (!payload) { waiting.delete(thing); if (old) old.remove(); return; }
    const isNew = !old;
    const holder = old || document.createElement("div");
    const typed = holder.querySelector("input[name=words]") && holder.querySelector("input[name=words]").value;
    holder.dataset.call = thing;
    holder.innerHTML = payload.html;
    if (typed && holder.querySelector("input[name=words]")) holder.querySelector("input[name=words]").value = typed;
    if (isNew) root.append(holder);
    if (payload.answered) waiting.delete(thing);
    else if (!waiting.has(thing)) { waiting.add(thing); sound.ring(); }
  }

  /** After a snapshot: what it does not hold has ended. */
  function keep(things) {
    for (const holder of [...root.children]) if (!things[holder.dataset.call]) put(holder.dataset.call, null);
  }
  return { put, keep, any: () => root.children.length > 0 };
}
