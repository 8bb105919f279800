// The roster keeps itself fresh (who has come, who is missing) and prints. Without a script it is the same page, as of its loading.

const EVERY_MS = 60000;

function ready() {
  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  document.querySelectorAll("[data-go]").forEach((form) => {
    form.querySelector("[data-go-button]").hidden = true;
    form.addEventListener("change", () => form.submit());
  });
}

async function refresh() {
  if (document.visibilityState !== "visible") return;
  let response;
  try {
    response = await fetch(location.href, { credentials: "same-origin", cache: "no-store", headers: { "X-Automatic": "1" } });
  } catch (error) { return; }  // no network: the page says of when it is
  if (response.redirected) location.reload();  // the sign-in has ended
  if (!response.ok || document.querySelector("#roster :focus")) return;  // nothing moves under a hand
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("roster");
  const old = document.getElementById("roster"), scroll = old.querySelector(".roster-scroll");
  const at = scroll ? scroll.scrollLeft : 0;
  if (!fresh) return;
  old.replaceWith(fresh);
  if (scroll) fresh.querySelector(".roster-scroll").scrollLeft = at;
  ready();
}

ready();
setInterval(refresh, EVERY_MS);
