// What the phone itself can do: position, screen, sound, photos. Every part may be missing (no HTTPS, an older browser, a
// refused permission); then the page goes on without it. Imports nothing; read by Chromium 86 and Safari 14.

const EARTH_M = 6371000;
const SLOW = ["slow-2g", "2g"];
const SMALL_SIDE = 1600, SMALL_BYTES = 600 * 1024, THUMB_SIDE = 176;

/** A random UUID (crypto.randomUUID is younger than our browsers). */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Metres between two [lon, lat]. */
export function metres([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const h = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
    + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

// --- position ---------------------------------------------------------------------------------------
/** Follow the device while the page is seen. `latest()` is the newest fix {lon, lat, accuracy, heading, at} or null. */
export function follow(onFix, onState) {
  let watch = 0, newest = null;
  const here = navigator.geolocation && window.isSecureContext !== false ? navigator.geolocation : null;

  function take(position) {
    const { longitude, latitude, accuracy, heading } = position.coords;
    newest = { lon: longitude, lat: latitude, accuracy, heading: Number.isFinite(heading) ? heading : null, at: Date.now() };
    onState("here");
    onFix(newest);
  }

  function start() {
    if (!here || watch || document.visibilityState !== "visible") return;
    const failed = (error) => onState(error.code === 1 ? "denied" : "searching");
    watch = here.watchPosition(take, failed, { enableHighAccuracy: true, maximumAge: 5000 });
  }

  function stop() {
    if (watch) here.clearWatch(watch);
    watch = 0;
  }

  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? start() : stop()));
  if (!here) onState("none");
  start();

  const since = (ms) => (newest && Date.now() - newest.at < ms ? newest : null);

  /** A fix of now; when none comes in `patience` ms the one of the last minute (who stands still is not told again), or null. */
  function ask(patience = 8000) {
    if (since(15000)) return Promise.resolve(newest);
    if (!here) return Promise.resolve(null);
    return new Promise((resolve) => {
      const giveUp = () => resolve(since(60000));
      setTimeout(giveUp, patience);  // an unanswered question for permission has no time-out of its own
      here.getCurrentPosition((position) => { take(position); resolve(newest); }, giveUp,
        { enableHighAccuracy: true, maximumAge: 15000, timeout: patience });
    });
  }

  return { ask, latest: () => newest };
}

// --- screen and sound ---------------------------------------------------------------------------------
/** Keep the screen on while `wanted()` and the page is seen; the lock is lost whenever the page is hidden. */
export function keepAwake(wanted) {
  let lock = null;
  async function update() {
    if (!navigator.wakeLock) return;
    const wish = wanted() && document.visibilityState === "visible";
    try {
      if (wish && !lock) {
        lock = await navigator.wakeLock.request("screen");
        lock.addEventListener("release", () => { lock = null; });
      } else if (!wish && lock) await lock.release();
    } catch (error) { lock = null; }  // low battery: the phone decides
  }
  document.addEventListener("visibilitychange", update);
  update();
  return update;
}

/** Tones and vibration. Browsers allow sound only after the first touch: `ready()` says whether it may be heard. */
export function bell(onReady) {
  const Audio = window.AudioContext || window.webkitAudioContext;
  let context = null;
  let touched = false;
  const wake = () => {
    touched = true;
    if (Audio && !context) context = new Audio();
    if (context && context.state === "suspended") context.resume().then(onReady, () => undefined);
    onReady();
  };
  document.addEventListener("pointerdown", wake, true);
  document.addEventListener("keydown", wake, true);

  function ring(tones, pattern) {
    if (navigator.vibrate && touched) navigator.vibrate(pattern);  // before the first touch browsers refuse it, loudly
    if (!context || context.state !== "running") return;
    tones.forEach(([hertz, start, length]) => {
      const tone = context.createOscillator(), volume = context.createGain();
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.5, context.currentTime + start);
      volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + length);
      tone.connect(volume).connect(context.destination);
      tone.start(context.currentTime + start);
      tone.stop(context.currentTime + start + length);
    });
  }

  return {
    ready: () => !Audio || Boolean(context && context.state === "running"),
    order: () => ring([[880, 0, 0.25], [1175, 0.3, 0.25], [880, 0.7, 0.25], [1175, 1, 0.4]], [300, 120, 300, 120, 600]),
    change: () => ring([[520, 0, 0.3], [390, 0.35, 0.5]], [200, 100, 200]),
  };
}

// --- photos ---------------------------------------------------------------------------------------------
function drawn(file, side, quality, asText) {
  return new Promise((resolve, reject) => {
    const url = URL.createObjectURL(file), image = new Image();
    image.onerror = () => { URL.revokeObjectURL(url); reject(new Error("not decodable here")); };
    image.onload = () => {
      URL.revokeObjectURL(url);
      const scale = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
      canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      if (asText) resolve(canvas.toDataURL("image/jpeg", quality));
      else canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no copy"))), "image/jpeg", quality);
    };
    image.src = url;
  });
}

/** A small picture of a photo as a data address, or "" when this browser cannot draw it (HEIC). */
export const thumb = (file) => drawn(file, THUMB_SIDE, 0.7, true).catch(() => "");

/** Whether the network is so slow that photos go out reduced. */
export function isSlow() {
  const network = navigator.connection;
  return Boolean(network && (network.saveData || SLOW.includes(network.effectiveType)));
}

/** The photo as it is sent: as taken, or reduced on a very slow network, where the original would never arrive. */
export async function forSending(file) {
  if (!isSlow() || file.size < SMALL_BYTES) return file;
  return drawn(file, SMALL_SIDE, 0.8, false).then((small) => (small.size < file.size ? small : file), () => file);
}
