// Forms that do one thing: form[data-act] is posted in the background; a refusal is said beside it and nothing typed is lost.

const RECENT_MS = 10000;
const words = () => document.getElementById("words").dataset;

/** POST `data` to `url`. Answers {ok, status, body} — body is JSON or HTML text; never throws. */
export async function post(url, data, method = "POST") {
  const send = () => fetch(url, {
    method, body: data, credentials: "same-origin",
    headers: { "X-Requested-With": "fetch", "X-CSRFToken": words().csrf, Accept: "application/json, text/html" },
  });
  try {
    let answer = await send();
    if (answer.status === 403 && (await freshToken())) answer = await send();
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return { ok: answer.ok, status: answer.status, body: isJson ? await answer.json() : await answer.text() };
  } catch {
    return { ok: false, status: 0, body: { detail: words().failed } };
  }
}

/** After a new login in another window the token has changed. */
async function freshToken() {
  const answer = await fetch(location.pathname, { credentials: "same-origin" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("words");
  if (!found) return false;
  words().csrf = found.dataset.csrf;
  return true;
}

/** Say beside a form what came back. */
export function say(form, answer) {
  const line = form.querySelector(".act__said");
  if (!line) return;
  line.textContent = "";
  if (answer.ok) return;
  if (answer.status === 401) {
    const link = document.createElement("a");
    Object.assign(link, { href: words().loginUrl, target: "_blank", textContent: words().signin });
    line.append(words().login, " ", link);
  } else {
    line.textContent = (answer.body && answer.body.detail) || words().failed;
  }
  const asked = form.querySelector(`[data-when="${answer.body && answer.body.code}"]`); // a field that only this refusal asks for
  if (asked) {
    asked.hidden = false;
    asked.querySelector("input").focus();
  }
  line.scrollIntoView({ block: "nearest" });
  // He is told what others have done; pressing once more is deciding with that in view.
  const seen = form.elements.seen;
  if (seen && answer.status === 409 && answer.body.version) seen.value = answer.body.version;
  line.dataset.at = Date.now();
}

/** The refusals just said in `part`, which may be about to vanish. */
export function justSaid(part) {
  const lines = [...part.querySelectorAll(".act__said:not(:empty):not([data-note])")];
  return lines.filter((line) => Date.now() - line.dataset.at < RECENT_MS).map((line) => line.textContent).join(" ");
}

const SENDING = new WeakSet();

/** Listen to all forms under `root`; `done(form, body, url)` after a success, `lost(said)` after a refusal that came when the
 * form had already left the page. */
export function listen(root, done, lost = () => {}) {
  root.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form) return;
    event.preventDefault();
    if (SENDING.has(form)) return;
    const by = event.submitter;
    const url = (by && by.dataset.to) || form.dataset.act;
    const data = new FormData(form);
    if (by && by.name) data.append(by.name, by.value);
    SENDING.add(form);
    if (by) by.setAttribute("aria-busy", "true");
    const answer = await post(url, data);
    SENDING.delete(form);
    if (by) by.removeAttribute("aria-busy");
    say(form, answer);
    if (!answer.ok && !form.isConnected) lost(justSaid(form));
    if (!answer.ok) return;
    if (form.dataset.into) show(document.getElementById(form.dataset.into), answer.body);
    form.reset();
    done(form, answer.body, url);
  });
}

function show(target, html) {
  target.innerHTML = html;
  setTimeout(() => { target.textContent = ""; }, 60000); // what was sealed does not stay on the screen
}
