// What waits on this phone to be sent: actions in the order in which they were pressed, and their photos. Lives in
// IndexedDB, so it survives closing the page and an expired login; belongs to the user who made it and is never sent in
// another's name. Each item carries a UUID, so that sending twice does nothing twice. Imports nothing.

const RETRY_MS = [3000, 60000];
const ACTION_MS = 45000, PHOTO_MS = 600000;

class Halt extends Error {}  // nothing can be sent now: offline · login · other · server

/** `owner`: user pk. `onChange()` after every change, `onAnswer(item, status, body)` when the server has answered. */
export async function openOutbox({ idb, owner, nowUrl, onChange, onAnswer, onSession }) {
  const db = await idb.openDB("officer", 1, {
    upgrade(database) {
      database.createObjectStore("queue", { keyPath: "seq", autoIncrement: true });
      database.createObjectStore("drafts");  // what is being filled in, by owner and order
      database.createObjectStore("kept");    // what the screen showed last, by owner
    },
  });
  let items = await db.getAll("queue");
  let state = "", running = false, again = false, tries = 0, timer = 0, sending = null;

  const mine = () => items.filter((item) => item.owner === owner);
  const waiting = () => mine().filter((item) => !item.refused);

  /** Queue something. `item`: {uuid, verb, url, fields, order, title, bytes?, type?, thumb?}. */
  async function add(item) {
    const row = { ...item, owner, at: Date.now(), refused: "" };
    row.seq = await db.add("queue", row);
    items.push(row);
    onChange();
    return row;
  }

  async function remove(item) {
    await db.delete("queue", item.seq);
    items = items.filter((other) => other.seq !== item.seq);
    onChange();
  }

  async function refuse(item, sentence) {
    item.refused = sentence;
    await db.put("queue", item);
    onChange();
  }

  // --- sending ---------------------------------------------------------------------------------------
  /** Send what waits; safe to call at any time and as often as one likes. */
  async function drain() {
    if (running) { again = true; return; }
    running = true;
    clearTimeout(timer);
    try {
      do {
        again = false;
        if (waiting().length) await round();
      } while (again);
      state = "";
      tries = 0;
    } catch (error) {
      if (!(error instanceof Halt)) throw error;
      state = error.message;
      if (state === "offline" || state === "server") timer = setTimeout(drain, Math.min(RETRY_MS[0] * 2 ** tries++, RETRY_MS[1]));
    } finally {
      running = false;
      sending = null;
      onChange();
    }
  }

  async function round() {
    let session = await enter();
    const held = new Set();  // photos for which the server has no room: what does not need them goes on
    for (let next = pick(held); next; next = pick(held)) {
      let answer = await post(next, session.token);
      if (answer.status === 403) {  // a login has changed the token
        session = await enter();
        answer = await post(next, session.token);
      }
      if (answer.body && answer.body.code === "no_room") held.add(next.uuid);
      else await settle(next, answer);
    }
    if (held.size) throw new Halt("server");
  }

  /** Who is signed in, with a fresh token; throws Halt. */
  async function enter() {
    let response;
    try {
      response = await fetch(`${nowUrl}?only=session`, { credentials: "same-origin", cache: "no-store", headers: { "X-Requested-With": "fetch" } });
    } catch (error) { throw new Halt("offline"); }
    if (response.status === 401) throw new Halt("login");
    if (!response.ok) throw new Halt("server");
    const session = await response.json().catch(() => { throw new Halt("offline"); });  // a hotspot's own page
    onSession(session);
    if (session.user !== owner) throw new Halt("other");
    return session;
  }

  /** The next to send: actions in their order, each after the photos that it names; photos on their own last. What waits for a
   * photo that is held lets the steps of other orders pass, not those of its own. */
  function pick(held) {
    const left = waiting().filter((item) => !held.has(item.uuid)), late = new Set();
    const urgent = left.find((item) => item.verb === "help");  // before everything else
    if (urgent) return urgent;
    const action = left.find((item) => {
      if (item.bytes) return false;
      const free = !late.has(item.order) && !(item.fields.photos || []).some((uuid) => held.has(uuid));
      if (!free && item.order) late.add(item.order);
      return free;
    });
    const wanted = action ? action.fields.photos || [] : [];
    const first = left.find((item) => item.bytes && wanted.includes(item.uuid));
    return first || action || left.find((item) => item.bytes);
  }

  function post(item, token) {
    const body = new FormData();
    const refused = new Set(mine().filter((other) => other.refused).map((other) => other.uuid));
    const fields = { ...item.fields, uuid: item.uuid, phone_at: item.at };
    for (const name of Object.keys(fields)) {
      const values = Array.isArray(fields[name]) ? fields[name].filter((value) => !refused.has(value)) : [fields[name]];
      values.forEach((value) => { if (value !== null && value !== undefined) body.append(name, value); });
    }
    if (item.bytes) body.append("file", new Blob([item.bytes], { type: item.type }), "photo");
    sending = { seq: item.seq, share: 0 };
    onChange();
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", item.url);
      request.timeout = item.bytes ? PHOTO_MS : ACTION_MS;
      const headers = { "X-CSRFToken": token, "X-Requested-With": "fetch", "X-Queued-By": String(owner), Accept: "application/json" };
      Object.keys(headers).forEach((name) => request.setRequestHeader(name, headers[name]));
      request.upload.onprogress = (event) => {
        if (event.lengthComputable && sending) { sending.share = event.loaded / event.total; onChange(); }
      };
      request.onload = () => resolve({ status: request.status, body: parsed(request.responseText) });
      request.onerror = request.ontimeout = () => reject(new Halt("offline"));
      request.send(body);
    });
  }

  async function settle(item, { status, body }) {
    if (status >= 200 && status < 300 && body) await remove(item);
    else if (status === 401) throw new Halt("login");
    else if (status === 403 || status === 429 || status >= 500 || !body) throw new Halt("server");
    else if (body.kept) await remove(item);  // refused, but the evidence is with the case
    else await refuse(item, body.detail || String(status));
    onAnswer(item, status, body);
  }

  window.addEventListener("online", drain);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") drain(); });

  return {
    add, remove, drain, waiting, mine,
    state: () => state,
    share: (item) => (sending && sending.seq === item.seq ? sending.share : null),
    others: () => items.length - mine().length,
    /** A draft or what the screen showed, kept by name for this owner. */
    keep: (store, name, value) => db.put(store, value, `${owner}:${name}`),
    kept: (store, name) => db.get(store, `${owner}:${name}`),
    names: async (store) => (await db.getAllKeys(store)).filter((key) => key.startsWith(`${owner}:`)).map((key) => key.slice(`${owner}:`.length)),
    forget: (store, name) => db.delete(store, `${owner}:${name}`),
  };
}

function parsed(text) {
  try { return JSON.parse(text); } catch (error) { return null; }
}
