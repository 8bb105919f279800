// Signed out while something is half typed: the page stays, says so, and goes on when somebody has signed in again elsewhere.

const LOGIN = 4401, ASK_MS = 5000;

/**
 * Handler for live.js's `onRefused`. `isDirty()` tells whether typed work would be lost by a reload, `again()` connects anew.
 * `url` answers 401 while nobody is signed in.
 */
export function onSignedOut({ isDirty, again, url }) {
  return (code) => {
    if (code !== LOGIN || !isDirty()) return false;
    const words = document.getElementById("words").dataset, place = document.getElementById("refusals");
    const notice = document.createElement("p"), link = document.createElement("a");
    notice.className = "notice notice--warn";
    Object.assign(link, { href: words.loginUrl, target: "_blank", textContent: words.signin });
    notice.append(words.login, " ", link);
    place.replaceChildren(notice);
    const timer = setInterval(async () => {
      const answer = await fetch(url, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } }).catch(() => null);
      if (!answer || !answer.ok) return;
      clearInterval(timer);
      place.replaceChildren();
      again();
    }, ASK_MS);
    return true;
  };
}
