// Service worker of the officer's phone: the page works without network from the second visit. Served by
// command.views.shell at /sw.js (no-cache), registered for /officer/ only. It keeps static files of one build and the
// officer's own pages, and touches nothing else: not /ws/, not /api/, not signing in, nothing that is posted.

const BUILD = "{{ build }}";
const FILES = JSON.parse("{{ files|escapejs }}");
const STATIC = `officer-static-${BUILD}`;
const PAGES = "officer-pages";
const KEPT = JSON.parse("{{ pages|escapejs }}");  // addresses whose newest page is kept
const SIGNING = /\/(login|logout|enter)\/$/;
const OFFLINE = "{{ offline }}";
const FRESH_MS = 600 * 1000;        // a visit so soon after the last need not fetch the pages once more
const SLOW_MS = 5000;               // on a bad network the kept page comes first, its scripts catch up
const OLDEST_MS = 12 * 3600 * 1000; // an older page says nothing about now and may be another officer's

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll([...FILES, OFFLINE])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(renew(0).then(() => self.clients.claim()));
});

// The page asks to keep itself after its first visit, and to forget everything when the officer signs out.
self.addEventListener("message", (event) => {
  const { type } = event.data || {};
  if (type === "keep") event.waitUntil(renew(FRESH_MS));
  if (type === "forget") event.waitUntil(caches.delete(PAGES));
});

/** Keep pages that are older than `age`, and only then drop the files of older builds: without network a page needs its own. */
async function renew(age) {
  try {
    await Promise.all(KEPT.map(async (path) => {
      if (!(await recent(path, age))) await remember(path, await fetch(path, { credentials: "same-origin", redirect: "manual" }));
    }));
  } catch (error) { return; }
  for (const name of await caches.keys()) {
    if (name.startsWith("officer-static-") && name !== STATIC) await caches.delete(name);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.mode === "navigate" && SIGNING.test(url.pathname)) { event.respondWith(signing(request)); return; }
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("{{ static_url }}")) event.respondWith(fromStatic(request));
  else if (request.mode === "navigate" && KEPT.includes(url.pathname)) event.respondWith(page(event, url.pathname));
});

/** Whoever signs in or out sees his own pages from then on; without a network nobody does either, and the kept page stays. */
async function signing(request) {
  try {
    const response = await fetch(request);
    await caches.delete(PAGES);
    return response;
  } catch (error) { return offline(); }
}

/** Hashed files never change: the kept copy, else the network. */
async function fromStatic(request) {
  const kept = await caches.match(request.url);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) (await caches.open(STATIC)).put(request.url, fresh.clone());
  return fresh;
}

/** The page from the network; the kept one when there is none, when it takes too long or the server is being restarted. */
async function page(event, path) {
  const kept = await recent(path, OLDEST_MS);
  const fresh = fetch(event.request).then((response) => remember(path, response));
  if (!kept) return fresh.catch(offline);
  event.waitUntil(fresh.catch(() => undefined));
  const late = new Promise((resolve) => setTimeout(resolve, SLOW_MS, kept));
  const usable = fresh.then((response) => (response.status >= 500 ? kept : response));
  return Promise.race([usable, late]).catch(() => kept);
}

/** Keep a good page; a redirect means that the session is over, and then no page of it stays on the phone. */
async function remember(path, response) {
  const copy = response.clone();
  if (response.type === "opaqueredirect" || response.redirected) await caches.delete(PAGES);
  else if (response.ok) await (await caches.open(PAGES)).put(path, copy);
  return response;
}

/** The kept page, when it is younger than `age` ms. */
async function recent(path, age) {
  const kept = await (await caches.open(PAGES)).match(path);
  return kept && Date.now() - Date.parse(kept.headers.get("Date")) < age ? kept : undefined;
}

async function offline() {
  return (await caches.match(OFFLINE)) || Response.error();
}
