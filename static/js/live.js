// The live connection of a page: snapshot, changes, a beat every three seconds, and a mark that tells the truth about it.
// Imports nothing and keeps to what Chromium 86 and Safari 14 know, so that every surface can load it by its address.
// The server's side and the messages: journal/consumers.py, journal/hub.py.

const QUIET_MS = 7000;      // two beats missed: no longer "live"
const DEAD_MS = 10000;      // three: the connection is given up and made anew
const WAKE_MS = 4000;       // after sleep anything older than a beat is doubted at once
const OFFLINE_MS = 6000;    // unconnected for so long is "offline", not "catching up"
const FETCH_MS = 2000;
const RETRY_MS = [400, 5000];  // with the dice at most 7.5 s: every screen is right within ten after its server is back
const TOO_FAST_MS = 15000;
const LOGIN = 4401, NOT_YOURS = 4403, TOO_FAST = 4429;

// Offset of the server's clock, for clock.js and format.js too: they import nothing either.
const shared = window.serverClock = window.serverClock || { offset: 0, samples: [] };

/** Server time in ms. */
export const now = () => Date.now() + shared.offset;

/** A message stamped `ms` by the server has just arrived: the least delayed of the last twenty tells the offset best. */
export function measure(ms) {
  shared.samples.push(ms - Date.now());
  if (shared.samples.length > 20) shared.samples.shift();
  shared.offset = Math.max(...shared.samples);
}

const CRC = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** CRC-32 of "thing=version;…" in order of the things, as the hub computes it. `versions` is a Map. */
export function checksum(versions) {
  const text = [...versions.keys()].sort().map((thing) => `${thing}=${versions.get(thing)}`).join(";");
  let crc = -1;
  for (let i = 0; i < text.length; i++) crc = CRC[(crc ^ text.charCodeAt(i)) & 255] ^ (crc >>> 8);
  return ((crc ^ -1) >>> 0).toString(16).padStart(8, "0");
}

/**
 * Listen to a surface ("command", "wall", "officer", "supervision", "track"). Options:
 *   mark         element whose data-live becomes live | catching | offline, its text from data-text-<state>
 *   first        message sent when the socket opens ({type: "track", code})
 *   onThings(things, {reset})   changed payloads (null: gone); with reset the complete set
 *   onFigures(figures)          numbers of the snapshot and of each beat
 *   onPositions(positions)      all known positions {pk: [lon, lat, heading|null, age in s]}
 *   onLooking(cases)            who is at which case: {"12": [[user, name, doing]]}, of cases where that has just changed
 *   onState(state)              live | catching | offline
 *   onRefused(code)             4401 log in again, 4403 not yours; return true to keep the page from reloading itself
 *   reload       "always" (screens) or "idle" (default: not while somebody types): what a new build does
 * Returns {now, state(), updatedAt() (ms of the last message, server time), fetch(), close()}.
 */
export function connect(options) {
  const versions = new Map();
  const positions = new Map();
  let socket = null, ready = false, truthful = false, hears = true, fetchedAt = 0, heardAt = 0, lostAt = Date.now();
  let tries = 0, retry = 0, state = "", ended = false, tickedAt = Date.now();
  let build = document.documentElement.dataset.build || "";

  function open() {
    clearTimeout(retry);
    retry = 0;
    if (ended) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const mine = new WebSocket(`${scheme}://${location.host}/ws/${options.surface}/?lang=${document.documentElement.lang}`);
    socket = mine;
    heardAt = Date.now();
    mine.onopen = () => { if (options.first) mine.send(JSON.stringify(options.first)); };
    mine.onmessage = (event) => { if (mine === socket) hear(JSON.parse(event.data)); };
    mine.onclose = (event) => { if (mine === socket) lose(event.code); };
    show();
  }

  function drop() {  // without waiting for a goodbye that may never come
    const old = socket;
    socket = null;
    if (old) old.close();
    lose(0);
  }

  function lose(code) {
    socket = null;
    if (ready) lostAt = Date.now();
    ready = false;
    if (code === LOGIN || code === NOT_YOURS) return refused(code);
    let wait = Math.min(RETRY_MS[0] * 2 ** tries++, RETRY_MS[1]);
    if (code === TOO_FAST) wait = TOO_FAST_MS;
    again(wait * (0.5 + Math.random()));
    show();
  }

  function again(wait) {
    clearTimeout(retry);
    retry = setTimeout(open, wait);
  }

  function refused(code) {
    show();
    if (options.onRefused && options.onRefused(code)) { ended = true; return; }
    if (!reloadPage("refused")) again(20000);
  }

  /** Reload, at most once in twenty seconds for one reason, so that a misunderstanding never becomes a loop. */
  function reloadPage(reason) {
    const key = `live-reload-${reason}`;
    try {
      if (Date.now() - Number(sessionStorage.getItem(key) || 0) < 20000) return false;
      sessionStorage.setItem(key, Date.now());
    } catch { return false; }  // storage is forbidden: stay
    location.reload();
    return true;
  }

  function renew() {  // another build runs: nobody must lose what he is typing
    const active = document.activeElement;
    const typing = active && (active.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName) && active.value));
    const busy = options.reload !== "always" && (typing || document.querySelector("form[data-dirty], dialog[open]"));
    if (busy || !reloadPage("build")) setTimeout(renew, 15000);
  }

  function hear(message) {
    heardAt = Date.now();
    measure(message.now);
    if (message.type === "snapshot") {
      if (build && message.build !== build) renew();
      build = message.build;
      tries = 0;
      ready = true;
      fetchedAt = 0;
      versions.clear();
      for (const thing of Object.keys(message.things)) versions.set(thing, message.things[thing].v);
      hears = message.push;
      if (options.onThings) options.onThings(message.things, { reset: true });
      if (options.onFigures) options.onFigures(message.figures);
      compare(message.checksum);
    } else if (!ready) {
      return;  // told before our snapshot, which will hold it
    } else if (message.type === "change") {
      const things = {};
      for (const thing of Object.keys(message.things)) {
        const payload = message.things[thing];
        if (payload ? payload.v < versions.get(thing) : !versions.has(thing)) continue;  // older than ours
        if (payload) versions.set(thing, payload.v); else versions.delete(thing);
        things[thing] = payload;
      }
      if (options.onThings && Object.keys(things).length) options.onThings(things, { reset: false });
    } else if (message.type === "beat") {
      hears = message.push;
      compare(message.checksum);
      if (message.figures && options.onFigures) options.onFigures(message.figures);
    } else if (message.type === "looking") {
      if (options.onLooking) options.onLooking(message.looking);
    } else if (message.type === "positions") {
      place(message);
    }
    show();
  }

  function compare(theirs) {
    truthful = theirs !== null && theirs === checksum(versions);
    if (theirs !== null && !truthful) fetch();
  }

  function fetch() {
    if (!socket || socket.readyState !== WebSocket.OPEN || Date.now() - fetchedAt < FETCH_MS) return;
    fetchedAt = Date.now();
    socket.send(JSON.stringify({ type: "fetch" }));
    show();
  }

  function place(message) {
    if (message.complete) positions.clear();
    for (const pk of Object.keys(message.officers)) {
      const [lon, lat, heading, age] = message.officers[pk];
      positions.set(pk, [lon, lat, heading, message.now - age * 1000]);
    }
    if (!options.onPositions) return;
    const all = {};
    positions.forEach(([lon, lat, heading, at], pk) => { all[pk] = [lon, lat, heading, Math.max(0, Math.round((now() - at) / 1000))]; });
    options.onPositions(all);
  }

  function judge() {
    if (navigator.onLine === false) return "offline";
    if (!ready) return Date.now() - lostAt > OFFLINE_MS ? "offline" : "catching";
    const quiet = Date.now() - heardAt;
    return quiet < QUIET_MS && truthful && hears && !fetchedAt ? "live" : "catching";
  }

  function show() {
    const next = judge();
    if (next === state) return;
    state = next;
    const mark = options.mark;
    if (mark) {
      mark.dataset.live = state;
      mark.textContent = mark.getAttribute(`data-text-${state}`) || "";
    }
    if (options.onState) options.onState(state);
  }

  function wake() {
    if (ended) return;
    if (!socket) { tries = 0; open(); } else if (Date.now() - heardAt > WAKE_MS) { drop(); tries = 0; open(); }
  }

  function tick() {
    const slept = Date.now() - tickedAt > 5000;
    tickedAt = Date.now();
    if (slept) wake();
    else if (socket && Date.now() - heardAt > DEAD_MS) drop();
    show();
  }

  const seen = () => { if (document.visibilityState === "visible") wake(); };
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("online", wake);
  window.addEventListener("offline", show);
  window.addEventListener("pageshow", seen);
  const ticker = setInterval(tick, 1000);
  open();

  return {
    now,
    fetch,
    state: () => state,
    updatedAt: () => heardAt + shared.offset,
    close() {
      ended = true;
      clearTimeout(retry);
      clearInterval(ticker);
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", wake);
      window.removeEventListener("offline", show);
      window.removeEventListener("pageshow", seen);
      const old = socket;
      socket = null;
      if (old) old.close();
    },
  };
}
