// The county's own vector base map: zones, roads, water, names. map.js loads it by the address in data-base-js, so that pages without an
// import map can, too. Leaflet is the global L.

function tone(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function latLng(point) {
  return [point[1], point[0]];
}

function shape(polygons) {
  return polygons.map((rings) => rings.map((ring) => ring.map(latLng)));
}

function inRing(lon, lat, ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x1, y1] = ring[i], [x2, y2] = ring[j];
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

function contains(zone, lon, lat) {
  return zone.shape.some((rings) => inRing(lon, lat, rings[0]) && !rings.slice(1).some((hole) => inRing(lon, lat, hole)));
}

// Widths in px by zoom, 11 and less first, 17 and more last: roads are what one knows one's way by near, borders far away.
const WIDTHS = {
  road: [1.5, 2, 3, 4.5, 6, 9, 13], street: [0, 0.75, 1.5, 3, 4.5, 7, 11], water: [2, 3, 4, 6, 8, 11, 14],
  outline: [2, 2.5, 3, 3, 3, 3, 3], townships: [0.75, 1, 1.25, 1.5, 1.5, 1.5, 1.5], areas: [0, 0.75, 1.25, 1.5, 1.75, 2, 2], grids: [0, 0.5, 0.75, 1, 1, 1.25, 1.25],
};

/** Draw the base map; answers the zones for tinting, and `widths(zoom)`, which fits all lines to a zoom. */
export function drawBase(map, element, base, canvas, solid) {
  const colour = (name) => tone(element, "--" + name);
  const zones = [], lines = [];
  const keep = (kind, layer, edge = 0) => { lines.push({ kind, layer, edge }); return layer; };
  const polygon = (rings, style) => L.polygon(shape(rings), { renderer: canvas, interactive: false, ...style }).addTo(map);
  const land = base.outline.length ? polygon(base.outline, { stroke: false, fillColor: colour("map-zone"), fillOpacity: solid ? 1 : 0 }) : null;
  for (const kind of ["grids", "areas", "townships"]) {
    for (const zone of base[kind]) {
      if (!zone.shape) continue;
      const style = { color: colour(kind === "townships" ? "map-border" : "map-line"), fillOpacity: 0, dashArray: kind === "areas" ? "6 4" : null };
      zones.push({ ...zone, kind, layer: keep(kind, polygon(zone.shape, style)), load: 0, holds: (lon, lat) => contains(zone, lon, lat) });
    }
  }
  const line = (kind, path, style, edge) => keep(kind, L.polyline(path.map(latLng), { renderer: canvas, interactive: false, ...style }).addTo(map), edge);
  for (const { kind, path } of base.lines) if (kind === "water") line(kind, path, { color: colour("map-water") });
  const roads = base.lines.filter(({ kind }) => kind !== "water").sort((a, b) => (a.kind === "road") - (b.kind === "road"));
  for (const { kind, path } of roads) line(kind, path, { color: colour(kind === "road" ? "map-road-edge" : "map-street-edge") }, 1.5);
  for (const { kind, path } of roads) line(kind, path, { color: colour(kind === "road" ? "map-road" : "map-street") });
  if (land) keep("outline", polygon(base.outline, { color: colour("line-strong"), fill: false }));
  return { zones, widths(zoom) {
    const step = Math.min(6, Math.max(0, Math.round(zoom) - 11));
    for (const { kind, layer, edge } of lines) {
      const weight = WIDTHS[kind][step];
      layer.setStyle({ weight: weight && weight + edge, stroke: weight > 0 });
    }
  } };
}

/**
 * Names, each from its zoom to its zoom, the weighty ones first; none is written over another. [{at, text, kind, rank, from, to}]
 */
export function drawNames(map, element, names) {
  const layer = L.layerGroup().addTo(map), shown = new Map(), pen = document.createElement("canvas").getContext("2d");
  let chosen = [], chosenAt = null;
  const choose = (zoom) => {
    const size = parseFloat(getComputedStyle(element).fontSize) || 12, taken = [];
    pen.font = `${size}px sans-serif`;
    chosen = names.filter((name) => {
      if (zoom < name.from || zoom >= name.to) return false;
      const { x, y } = map.project(latLng(name.at), zoom), half = pen.measureText(name.text).width / 2 + 2, high = size * 0.65;
      const free = !taken.some((box) => x - half < box[2] && x + half > box[0] && y - high < box[3] && y + high > box[1]);
      if (free) taken.push([x - half, y - high, x + half, y + high]);
      return free;
    });
    chosenAt = zoom;
  };
  const draw = () => {
    const zoom = map.getZoom(), view = map.getBounds().pad(0.1);
    if (zoom !== chosenAt) choose(zoom);
    const wanted = new Set(chosen.filter(({ at }) => view.contains(latLng(at))));
    for (const [name, marker] of shown) if (!wanted.has(name)) { marker.remove(); shown.delete(name); }
    for (const name of wanted) {
      if (shown.has(name)) continue;
      const icon = L.divIcon({ className: "map-name map-name--" + name.kind, html: Object.assign(document.createElement("span"), { textContent: name.text }), iconSize: [0, 0] });
      shown.set(name, L.marker(latLng(name.at), { icon, interactive: false, keyboard: false, pane: "names" }).addTo(layer));
    }
  };
  map.on("moveend", draw);
  draw();
}

/** Who has a name, and from where on. Citizens see no grids: streets are what they know their way by. */
export function namesOf(base, zones) {
  const isPublic = !base.grids.length, grids = zones.filter(({ kind }) => kind === "grids"), found = [];
  const add = (list, kind, from, to) => { for (const { name, label, at } of list) if (name) found.push({ at: label || at, text: name, kind, from, to }); };
  add(base.townships, "township", 9, isPublic ? 15 : 13.5);
  add(base.areas, "area", 13, 15);
  const paths = base.lines.map(({ kind, name, path }) => ({ kind, name, at: path[Math.floor(path.length / 2)] }));
  add(paths.filter(({ kind }) => kind === "road"), "road", isPublic ? 13 : 14, 30);
  add(paths.filter(({ kind }) => kind === "water"), "water", 13, 30);
  add(base.grids, "grid", 14, 30);
  add(paths.filter(({ kind }) => kind === "street"), "road", isPublic ? 14 : 15, 30);
  add(base.villages.filter(({ at }) => !grids.some((zone) => zone.holds(...at))), "village", 12.5, 30);
  return found;
}

