// The map of every page: own vector base map on canvas, cases as clocks, officers as dots. Leaflet comes as the global L
// (django-leaflet's tags). No imports, so that citizen and officer pages can load this file without an import map.

const RECENT_MS = 20000; // a hand has just used the map: nothing else moves it
const STALE_S = 60;
const SEATS = [0.6, 2.5, -0.6, -2.5, 1.57, -1.57]; // around a clock, in radians

function tone(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function latLng(point) {
  return [point[1], point[0]];
}

function node(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/**
 * Make a map inside `element` (its data-attributes carry the words: data-home, data-demonstration, data-approval,
 * data-ago; data-tiles… of a map service) and the page's theme gives the colours. Options: base (URL of base.json), tiles: false
 * (not even a configured service's), overview (start with the whole county), lineLabels, labels, onCase(id), onCamera(id), onPick(lon, lat).
 */
export function makeMap(element, options = {}) {
  element.classList.add("map");
  const words = element.dataset;
  const map = L.map(element, {
    preferCanvas: true, zoomControl: false, attributionControl: true, zoomSnap: 0.5, minZoom: 9, maxZoom: 18,
    fadeAnimation: false, zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches, keyboard: true,
  });
  map.attributionControl.setPrefix(false);
  if (words.home && !options.overview) {
    const scale = L.control.scale({ imperial: false, maxWidth: 120, position: "bottomright" });
    scale._updateMetric = (most) => { // Leaflet's own says m and km in every language
      const metres = scale._getRoundNum(most);
      scale._updateScale(scale._mScale, metres < 1000 ? `${metres} ${words.metres}` : `${metres / 1000} ${words.kilometres}`, metres / most);
    };
    scale.addTo(map);
  }
  map.createPane("names").classList.add("map-names");
  map.getPane("names").style.zIndex = 450;
  map.createPane("lines").classList.add("map-names");
  map.getPane("lines").style.zIndex = 440;
  const canvas = L.canvas({ padding: 0.5 }), above = L.canvas({ padding: 0.5, pane: "lines" }); // lines come before the base map
  const cases = new Map(), officers = new Map(), lines = new Map();
  const hasTiles = !!words.tiles && options.tiles !== false;
  let cameras = null, base = null, zones = [], widths = () => {}, showsLoad = true, pin = null, selected = null, used = 0, tinting = 0;
  map.setView([37.86, 116.16], 12); // replaced as soon as the base map is there

  const touch = () => { used = Date.now(); };
  ["pointerdown", "wheel", "keydown"].forEach((name) => element.addEventListener(name, touch, { passive: true }));
  const showZoom = () => {
    const zoom = Math.floor(map.getZoom());
    element.classList.toggle("map--far", zoom < 12);
    element.classList.toggle("map--near", zoom >= 14);
    element.classList.toggle("map--close", zoom >= 15);
    widths(map.getZoom());
    paintLoad();
    seat();
  };
  map.on("zoomend", showZoom);
  if (options.onPick) map.on("click", (event) => options.onPick(event.latlng.lng, event.latlng.lat));

  function button(label, className, text, act) {
    const made = node("button", "map-button " + className, text);
    made.type = "button";
    made.title = label;
    made.setAttribute("aria-label", label);
    L.DomEvent.disableClickPropagation(made);
    made.addEventListener("click", act);
    return made;
  }

  if (words.home) {
    const control = L.control({ position: "topright" });
    control.onAdd = () => {
      const bar = node("div", "map-buttons");
      bar.append(
        button(words.zoomIn || "+", "", "+", () => map.zoomIn()), button(words.zoomOut || "−", "", "−", () => map.zoomOut()),
        button(words.home, "map-button--home", "⌂", () => api.home()),
      );
      return bar;
    };
    control.addTo(map);
  }

  const asked = fetch(options.base, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } })
    .then((answer) => { if (!answer.ok) throw new Error("base map " + answer.status); return answer.json(); });
  const ready = Promise.all([asked, import(words.baseJs)])
    .then(([found, { drawBase, drawNames, namesOf }]) => {
      base = found;
      if (hasTiles) addService();
      ({ zones, widths } = drawBase(map, element, base, canvas, !hasTiles));
      api.home();
      if (options.labels !== false) drawNames(map, element, namesOf(base, zones));
      if (base.demonstration && words.demonstration) map.attributionControl.addAttribution(words.demonstration);
      if (base.approval_number) map.attributionControl.addAttribution(`${words.approval || ""} ${base.approval_number}`);
      const [west, south, east, north] = base.bounds;
      map.setMaxBounds(L.latLngBounds([south, west], [north, east]).pad(0.3));
      showZoom();
      return base;
    })
    .catch((error) => { element.dataset.state = "failed"; throw error; });
  ready.catch(() => {});
  function addService() {
    const [west, south, east, north] = base.bounds;
    map.attributionControl.addAttribution(`${words.attribution} ${words.approval} ${words.tileApproval}`);
    import(words.tilesJs).then(({ addTiles }) => addTiles(map, { url: words.tiles, zooms: words.tileZooms, bounds: [[south, west], [north, east]] }));
  }
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(element);

  // --- load of the zones: how many open cases lie in each, tinted in steps ---
  function paintLoad() {
    const near = map.getZoom() >= 13;
    for (const zone of zones) {
      const coarse = zone.kind === "townships";
      const load = coarse === near || !showsLoad ? 0 : Math.min(zone.load, 4);
      if (zone.look === load) continue;
      zone.look = load;
      zone.layer.setStyle({ fillColor: tone(element, "--load-" + load), fillOpacity: load ? (hasTiles ? 0.5 : 1) : 0 });
    }
  }
  function countLoad() {
    cancelAnimationFrame(tinting);
    tinting = requestAnimationFrame(() => {
      for (const zone of zones) zone.load = 0;
      for (const { payload } of cases.values()) {
        for (const zone of zones) if (zone.holds(payload.lon, payload.lat)) zone.load += 1;
      }
      paintLoad();
      seat();
    });
  }

  /** Dots that would lie on a case's clock stand around it. */
  function seat() {
    const wide = (known) => (known ? known.body.getBoundingClientRect().width : 0); // a wall's are larger
    const beside = (wide(cases.values().next().value) + wide(officers.values().next().value)) / 2;
    const clocks = [...cases.values()].map(({ marker }) => ({ at: map.latLngToLayerPoint(marker.getLatLng()), taken: 0 }));
    for (const { marker, body } of officers.values()) {
      const at = map.latLngToLayerPoint(marker.getLatLng()), clock = clocks.find((one) => one.at.distanceTo(at) < beside);
      const angle = clock && SEATS[clock.taken++ % SEATS.length];
      body.style.transform = clock ? `translate(${clock.at.x - at.x + beside * Math.cos(angle)}px, ${clock.at.y - at.y + beside * Math.sin(angle)}px)` : "";
    }
  }
  ready.then(countLoad, () => {});

  // --- the line from officer to case ---
  function drawLines(id) {
    for (const [key, line] of lines) {
      if (key.startsWith(id + ":")) { line.remove(); lines.delete(key); }
    }
    const known = cases.get(id);
    if (!known || !["accept", "handle"].includes(known.payload.stage)) return;
    for (const pk of known.payload.officers || []) {
      const officer = officers.get(String(pk));
      if (!officer) continue;
      const ends = [officer.marker.getLatLng(), known.marker.getLatLng()];
      const late = known.payload.late;
      const line = L.polyline(ends, { renderer: above, pane: "lines", interactive: false, weight: 2, dashArray: "4 6",
        color: tone(element, late ? "--clock-red" : "--brand"), opacity: selected && selected !== id ? 0.3 : 1 });
      const group = L.layerGroup([line]);
      if (options.lineLabels) {
        const clock = caseClock(known.payload, "text");
        const middle = L.latLngBounds(ends[0], ends[1]).getCenter();
        group.addLayer(L.marker(middle, { interactive: false, keyboard: false,
          icon: L.divIcon({ className: "map-line-label", html: clock, iconSize: [0, 0] }) }));
      }
      lines.set(`${id}:${pk}`, group.addTo(map));
    }
  }
  function drawLinesOf(pk) {
    for (const [id, known] of cases) if ((known.payload.officers || []).map(String).includes(pk)) drawLines(id);
  }

  function caseClock(payload, kind) {
    const clock = node("case-clock");
    clock.setAttribute("shape", kind);
    setClock(clock, payload);
    return clock;
  }
  function setClock(clock, payload) {
    clock.dataset.started = payload.started;
    clock.dataset.due = payload.due;
    clock.dataset.state = payload.state;
    clock.dataset.paused = payload.paused || "";
  }

  const api = {
    map, ready,
    /** Whether somebody has used the map in the last twenty seconds. */
    inUse: () => Date.now() - used < RECENT_MS,
    base: () => base,
    showLoad(on) { showsLoad = on; paintLoad(); },

    /** Show or update a case: payload as the board sends it (lon, lat, started, due, state, stage, title, officers …). */
    setCase(id, payload) {
      id = String(id);
      let known = cases.get(id);
      if (!known) {
        const body = node("span", "map-case");
        body.append(caseClock(payload, "ring"));
        const marker = L.marker([payload.lat, payload.lon], {
          icon: L.divIcon({ className: "map-case-icon", html: body, iconSize: [34, 34] }), riseOnHover: true, keyboard: !!options.onCase,
          interactive: true, title: "",
        }).addTo(map);
        if (options.onCase) marker.on("click", () => options.onCase(id)).on("keypress", (event) => event.originalEvent.key === "Enter" && options.onCase(id));
        marker.bindTooltip("", { direction: "top", offset: [0, -16], className: "map-tip" });
        known = { marker, body, clock: body.firstChild };
        cases.set(id, known);
      }
      known.payload = payload;
      known.marker.setLatLng([payload.lat, payload.lon]);
      setClock(known.clock, payload);
      known.body.className = `map-case map-case--${payload.stage || payload.state} map-case--${payload.priority || ""}` + (id === selected ? " map-case--selected" : "");
      known.marker.setTooltipContent(node("span", "", [payload.title, payload.place].filter(Boolean).join(" · ")));
      const element = known.marker.getElement();
      if (element) {
        element.setAttribute("aria-label", payload.title || id);
        if (!options.onCase) element.setAttribute("role", "img"); // a mark that can be pressed is a button already
      }
      drawLines(id);
      countLoad();
    },
    removeCase(id) {
      id = String(id);
      const known = cases.get(id);
      if (!known) return;
      known.marker.remove();
      cases.delete(id);
      drawLines(id);
      countLoad();
    },
    /** Mark a case; with `pan` move there unless it is in view or a hand is using the map. */
    selectCase(id, { pan = true } = {}) {
      const wanted = id == null ? null : String(id);
      if (wanted !== selected) {
        const former = cases.get(selected);
        if (former) { former.body.classList.remove("map-case--selected"); former.marker.setZIndexOffset(0); }
        selected = wanted;
        for (const key of cases.keys()) drawLines(key);
      }
      const known = cases.get(selected);
      if (!known) return;
      known.body.classList.add("map-case--selected");
      known.marker.setZIndexOffset(1000);
      if (pan) api.show(known.payload.lon, known.payload.lat);
    },
    /** Move to a point that is out of view; a chosen point may be asked for with `force`. */
    show(lon, lat, { zoom, force = false } = {}) {
      map.invalidateSize({ pan: false }); // the page may just have made room for something else
      const there = L.latLng(lat, lon);
      if (!force && api.inUse() && map.getBounds().contains(there)) return;
      if (zoom || !map.getBounds().pad(-0.15).contains(there)) map.setView(there, zoom || Math.max(map.getZoom(), 13), { animate: false });
    },

    /** An officer: {lon, lat, heading, age (s), name, busy, helper}. */
    setOfficer(pk, officer) {
      pk = String(pk);
      let known = officers.get(pk);
      const moved = !known || known.officer.lon !== officer.lon || known.officer.lat !== officer.lat;
      if (!known) {
        const body = node("span", "map-officer");
        body.append(node("i", "map-officer__arrow"), node("b", "map-officer__name"));
        const marker = L.marker([officer.lat, officer.lon], {
          icon: L.divIcon({ className: "map-officer-icon", html: body, iconSize: [16, 16] }), keyboard: false, riseOnHover: true,
        }).addTo(map);
        known = { marker, body, arrow: body.firstChild, name: body.lastChild };
        officers.set(pk, known);
      }
      known.officer = { ...known.officer, ...officer };
      const now = known.officer;
      known.marker.setLatLng([now.lat, now.lon]);
      known.body.className = "map-officer" + (now.busy ? " map-officer--busy" : "") + (now.helper ? " map-officer--helper" : "") + (now.age > STALE_S ? " map-officer--stale" : "");
      known.arrow.hidden = now.heading == null;
      if (now.heading != null) known.arrow.style.transform = `rotate(${now.heading}deg)`;
      const ago = now.age > STALE_S && words.ago ? " · " + words.ago.replace("%s", Math.round(now.age / 60)) : "";
      known.name.textContent = (now.name || "") + ago;
      if (moved) drawLinesOf(pk);
    },
    removeOfficer(pk) {
      pk = String(pk);
      const known = officers.get(pk);
      if (!known) return;
      known.marker.remove();
      officers.delete(pk);
      drawLinesOf(pk);
    },
    /** The positions message: {pk: [lon, lat, heading, age]}; `person(pk)` answers {name, helper, busy}. Others are removed. */
    setPositions(positions, person = () => ({})) {
      for (const pk of [...officers.keys()]) if (!(pk in positions)) api.removeOfficer(pk);
      for (const [pk, [lon, lat, heading, age]] of Object.entries(positions)) {
        const busy = [...cases.values()].some(({ payload }) => (payload.officers || []).map(String).includes(pk));
        api.setOfficer(pk, { lon, lat, heading, age, busy, ...person(pk) });
      }
      seat();
    },

    /** Cameras as small marks: [{id, name, lon, lat}]. */
    setCameras(list) {
      if (cameras) cameras.remove();
      cameras = L.layerGroup().addTo(map);
      for (const camera of list) {
        const mark = node("span", "map-camera");
        const marker = L.marker([camera.lat, camera.lon], {
          icon: L.divIcon({ className: "map-camera-icon", html: mark, iconSize: [12, 12] }), keyboard: false, zIndexOffset: -500,
        }).addTo(cameras);
        marker.bindTooltip(node("span", "", camera.name), { direction: "top", offset: [0, -6], className: "map-tip" });
        if (options.onCamera) marker.on("click", () => options.onCamera(camera.id));
      }
    },

    /** The one point that a form is about; draggable when the page listens to onPick. */
    setPin(lon, lat, { accuracy } = {}) {
      if (pin) pin.remove();
      pin = null;
      if (lon == null) return;
      const marker = L.marker([lat, lon], {
        icon: L.divIcon({ className: "map-pin-icon", html: node("span", "map-pin"), iconSize: [28, 36], iconAnchor: [14, 34] }),
        draggable: !!options.onPick, keyboard: false, zIndexOffset: 2000,
      });
      marker.on("dragend", () => { const at = marker.getLatLng(); options.onPick(at.lng, at.lat); });
      pin = L.layerGroup([marker]).addTo(map);
      if (accuracy) pin.addLayer(L.circle([lat, lon], { renderer: above, pane: "lines", radius: accuracy, weight: 1, color: tone(element, "--brand"), fillOpacity: 0.1, interactive: false }));
    },

    /** Back to where the county's data says home is. */
    home() {
      if (!base) return;
      const [west, south, east, north] = base.bounds;
      if (options.overview) map.fitBounds([[south, west], [north, east]], { animate: false });
      else map.setView([base.home.lat, base.home.lon], base.home.zoom, { animate: false });
      used = 0;
    },
  };
  return api;
}
