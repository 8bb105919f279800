// Times, spans and distances as people say them, in the page's language and the county's time zone, by server time.
// Imports nothing: every surface can load it. The same words as config/templatetags/pages.py.

const page = document.documentElement;
const lang = page.lang || "zh-CN";
const zone = page.dataset.timezone || undefined;

/** Server time in ms (live.js measures the offset). */
export const serverNow = () => Date.now() + (window.serverClock ? window.serverClock.offset : 0);

const clock24 = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
const seconds24 = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
const calendar = new Intl.DateTimeFormat(lang, { month: lang.startsWith("zh") ? "long" : "short", day: "numeric", timeZone: zone });
const weekday = new Intl.DateTimeFormat(lang, { weekday: "short", timeZone: zone });
const dayKey = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "long" });

/** 14:03 */
export const timeOfDay = (ms) => clock24.format(ms);

/** 14:03:09 */
export const timeWithSeconds = (ms) => seconds24.format(ms);

/** 11月22日 周日 */
export const day = (ms) => `${calendar.format(ms)} ${weekday.format(ms)}`;

/** 14:03 today, else 11月22日 周日 14:03 */
export const when = (ms) => (dayKey.format(ms) === dayKey.format(serverNow()) ? timeOfDay(ms) : `${day(ms)} ${timeOfDay(ms)}`);

/** 2026-11-22 14:03:09, for hovers */
export const stamp = (ms) => `${dayKey.format(ms)} ${seconds24.format(ms)}`;

/** 刚刚 · 3分钟前 · 2小时前, from six hours on `when` */
export function ago(ms, at = serverNow()) {
  const seconds = Math.max(0, (at - ms) / 1000);
  if (seconds < 60) return page.dataset.justNow || relative.format(0, "second");
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 6 * 3600) return relative.format(-Math.floor(seconds / 3600), "hour");
  return when(ms);
}

/** 6:20, 1:02:05 — of ms; hours only when there are any. */
export function span(ms) {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** 350 米 · 1.2 公里 */
export function distance(metres) {
  const near = metres < 995;
  const value = near ? (metres < 10 ? Math.round(metres) : Math.round(metres / 10) * 10) : metres / 1000;
  const unit = near ? "meter" : "kilometer";
  try {
    return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: near || value >= 9.95 ? 0 : 1 }).format(value);
  } catch {
    return near ? `${value} m` : `${value.toFixed(1)} km`;  // Safari 14.0 knows no units
  }
}

/** Keep every <time data-ago="ms"> under `root` up to date, now and every ten seconds; returns what redraws them at once. */
export function keepAgo(root = document) {
  const draw = () => root.querySelectorAll("time[data-ago]").forEach((time) => {
    const ms = Number(time.dataset.ago);
    const text = ago(ms);
    if (time.textContent !== text) time.textContent = text;
    if (!time.title) time.title = stamp(ms);
  });
  draw();
  setInterval(draw, 10000);
  return draw;
}
