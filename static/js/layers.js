// The map's layers: a control on the map (key L), what is switched on is remembered by this browser, and the two layers that it draws
// itself: tracks of the last hour and heat of the last thirty days. Words, addresses and rights come from command/_layers.html.

const TRACKS_MS = 30000, HEAT_MS = 300000;
const LEAST_PX = 12; // a smaller square would not be seen
const AGES = 4; // a track fades in so many steps, the newest darkest
const CLASSES = [6, 11, 21]; // reports of a cell from which the next colour begins; the first begins at the county's least

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

function classOf(count) {
  return 1 + CLASSES.filter((from) => count >= from).length;
}

/** `map` of makeMap; `nameOf(pk)` of an officer; `setCameras(list)` when cameras are fetched on demand. */
export function makeLayers({ map, nameOf = () => "", setCameras = null }) {
  const root = document.getElementById("layers"), words = root.dataset, element = map.map.getContainer();
  const open = root.querySelector("[data-open]"), panel = root.querySelector("[data-panel]");
  const boxes = new Map([...root.querySelectorAll("[data-layer]")].map((box) => [box.dataset.layer, box]));
  const legend = document.getElementById("layers-legend"), group = root.querySelector("[data-group]");
  const store = `layers-${words.key}`;
  const forced = new Set();
  let tracks = null, heat = null, timers = {}, cameras = null;

  // --- the control ---
  const control = L.control({ position: "topright" });
  control.onAdd = () => root;
  control.addTo(map.map);
  const key = L.control({ position: "topleft" });
  key.onAdd = () => legend;
  key.addTo(map.map);
  root.hidden = false;
  L.DomEvent.disableClickPropagation(root);
  L.DomEvent.disableScrollPropagation(root);
  for (const [name, z] of [["heat", 405], ["tracks", 430]]) {
    map.map.createPane(name).style.zIndex = z;
    map.map.getPane(name).classList.add("map-layer-" + name);
  }
  const drawn = { heat: L.canvas({ pane: "heat", padding: 0.5 }), tracks: L.canvas({ pane: "tracks", padding: 0.5, tolerance: 4 }) };

  function toggle(on = panel.hidden) {
    panel.hidden = !on;
    open.setAttribute("aria-expanded", String(on));
    if (on) boxes.values().next().value.focus();
    else document.activeElement.blur(); // the keys are the page's again
  }
  open.addEventListener("click", () => toggle());
  root.addEventListener("keydown", (event) => {
    if (panel.hidden) return;
    if (event.key === "Escape") toggle(false);
    else if ((event.key === "l" || event.key === "L") && !event.ctrlKey && !event.metaKey && event.target.tagName !== "SELECT") toggle();
    else { event.stopPropagation(); return; } // digits and letters are no keys of the page while somebody chooses
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => { if (!panel.hidden && !root.contains(event.target)) { panel.hidden = true; open.setAttribute("aria-expanded", "false"); } });

  // --- what is on ---
  const isOn = (name) => Boolean(boxes.get(name) && (boxes.get(name).checked || forced.has(name)));
  try {
    for (const [name, on] of Object.entries(JSON.parse(localStorage.getItem(store)) || {})) if (boxes.has(name)) boxes.get(name).checked = on === true;
  } catch (error) { /* storage is forbidden or spoilt: as the page comes */ }
  function remember() {
    try { localStorage.setItem(store, JSON.stringify(Object.fromEntries([...boxes].map(([name, box]) => [name, box.checked])))); } catch (error) { /* for this page only */ }
  }
  root.addEventListener("change", (event) => { if (event.target.dataset.layer) remember(); apply(event.target === group ? "heat" : event.target.dataset.layer); });

  async function get(url) {
    const answer = await fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    return answer && answer.ok ? answer.json() : null;
  }

  async function apply(name) {
    clearTimeout(timers[name]);
    if (["officers", "cameras", "names"].includes(name)) element.classList.toggle(`map--no-${name}`, !isOn(name));
    if (name === "load") map.showLoad(isOn("load"));
    if (name === "cameras" && isOn("cameras") && words.cameras && !cameras) {
      cameras = await get(words.cameras);
      if (cameras) setCameras(cameras.cameras);
    }
    if (name === "tracks") await showTracks();
    if (name === "heat") await showHeat();
    showLegend();
  }

  function again(name, ms) {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(() => apply(name), ms);
  }

  // --- tracks: one line an officer, fading into the past ---
  async function showTracks() {
    const found = isOn("tracks") && !document.hidden ? await get(words.tracks) : null;
    if (isOn("tracks")) again("tracks", TRACKS_MS);
    if (isOn("tracks") && !found) return; // hidden, or the network is away: what is drawn stays
    if (tracks) tracks.layer.remove();
    tracks = null;
    if (!found || !isOn("tracks")) return;
    const layer = L.layerGroup().addTo(map.map), span = (found.minutes * 60) / AGES, colour = token("track"), edge = token("map-halo");
    for (const [pk, points] of found.tracks) {
      const draw = (path, style) => L.polyline(path, { renderer: drawn.tracks, pane: "tracks", interactive: false, ...style }).addTo(layer);
      const line = points.map(([lon, lat]) => [lat, lon]);
      draw(line, { color: edge, weight: 5, opacity: 0.6 });
      for (let age = AGES - 1; age >= 0; age--) {
        const part = points.map((point, at) => [point, at]).filter(([[, , ago]]) => ago >= age * span && ago < (age + 1) * span).map(([, at]) => at);
        if (!part.length) continue;
        const path = line.slice(part[0], Math.min(line.length, part[part.length - 1] + 2)); // up to the first of the next part
        if (path.length > 1) draw(path, { color: colour, weight: 3, opacity: 1 - 0.22 * age });
      }
      const name = pk && nameOf(String(pk));
      if (name) draw(line, { weight: 12, opacity: 0, interactive: true }).bindTooltip(Object.assign(document.createElement("span"), { textContent: name }), { sticky: true, className: "map-tip" });
      const first = points[0];
      L.circleMarker([first[1], first[0]], { renderer: drawn.tracks, pane: "tracks", radius: 3, color: colour, weight: 1.5, fillColor: edge, fillOpacity: 1, interactive: false }).addTo(layer);
    }
    tracks = { layer, count: found.tracks.length };
  }

  // --- heat: a square for each place with enough reports; wide ones, where reports are few, are fainter and lie below ---
  async function showHeat() {
    const url = `${words.heat}?group=${encodeURIComponent(group.value)}`;
    const found = isOn("heat") && !document.hidden ? await get(url) : null;
    if (isOn("heat")) again("heat", HEAT_MS);
    if (isOn("heat") && !found) return;
    if (heat) heat.layer.remove();
    heat = null;
    if (!found || !isOn("heat")) return;
    heat = { layer: L.layerGroup().addTo(map.map), found };
    drawHeat();
  }
  function drawHeat() {
    if (!heat) return;
    heat.layer.clearLayers();
    const [width, height] = heat.found.size, zoom = map.map.getZoom();
    for (const [column, row, count, level] of heat.found.cells.slice().sort((a, b) => b[3] - a[3])) {
      const wide = 2 ** level, corner = (x, y) => L.latLng(y * wide * height, x * wide * width);
      const box = L.latLngBounds(corner(column, row), corner(column + 1, row + 1));
      const [from, to] = [box.getSouthWest(), box.getNorthEast()].map((point) => map.map.project(point, zoom));
      const lacks = Math.max(0, LEAST_PX - (to.x - from.x)) / 2;
      if (lacks) box.extend(map.map.unproject(from.add([-lacks, lacks]), zoom)).extend(map.map.unproject(to.add([lacks, -lacks]), zoom));
      L.rectangle(box, {
        renderer: drawn.heat, pane: "heat", stroke: true, weight: 1, color: token("map-halo"), opacity: 0.5,
        fillColor: token(`heat-${classOf(count)}`), fillOpacity: 0.8 - 0.15 * level, interactive: false,
      }).addTo(heat.layer);
    }
  }
  map.map.on("zoomend", drawHeat);

  // --- the legend: numbers, period, what is not drawn ---
  function line(text, swatch) {
    const item = document.createElement("li");
    if (swatch) item.append(Object.assign(document.createElement("i"), { className: "map-swatch map-swatch--" + swatch }));
    item.append(text);
    return item;
  }
  function showLegend() {
    const lines = [];
    if (heat) {
      const { days, least, total, apart, cell, cells } = heat.found, from = [least, ...CLASSES];
      lines.push(line(words.textHeat.replace("%m", cell).replace("%d", days).replace("%n", total)));
      from.forEach((low, at) => {
        if (at < from.length - 1 && low >= from[at + 1]) return; // the county's least is above this class
        const high = at < CLASSES.length ? from[at + 1] - 1 : null;
        lines.push(line(high === null ? `≥ ${low}` : low === high ? `${low}` : `${low}–${high}`, `heat-${classOf(low)}`));
      });
      const widest = Math.max(0, ...cells.map((one) => one[3]));
      if (widest) lines.push(line(words.textWide.replace("%m", cell * 2 ** widest)));
      if (apart) lines.push(line(words.textApart.replace("%n", apart).replace("%l", least)));
    }
    if (tracks) lines.push(line(tracks.count ? words.textTracks.replace("%n", tracks.count) : words.textNoTracks, tracks.count ? "track" : ""));
    legend.replaceChildren(...lines);
    legend.hidden = !lines.length;
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) for (const name of ["tracks", "heat"]) if (isOn(name)) apply(name); });
  map.ready.then(() => { for (const name of boxes.keys()) apply(name); }, () => {});
  return {
    toggle: () => toggle(),
    /** A scene shows a layer whatever is chosen. */
    force(name, on) {
      if (!boxes.has(name) || forced.has(name) === on) return;
      if (on) forced.add(name); else forced.delete(name);
      apply(name);
    },
  };
}
