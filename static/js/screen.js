// What this screen is set to and how its links stand, asked every quarter of a minute and when the network comes back; and where it goes when it was disconnected.

const ASK_MS = 15000;

/**
 * `onState(state)`: as `url` answers (command/views/wall.py), or null while the site does not. `lost`: where a screen goes that is not let in
 * any more, "" for a person's browser, which is asked to sign in. Answers {refused}, for live.js: the socket was refused.
 */
export function makeScreen({ url, lost, onState }) {
  let timer = 0, language = "";

  async function ask() {
    clearTimeout(timer);
    timer = setTimeout(ask, ASK_MS);
    const answer = await fetch(url, { credentials: "same-origin", cache: "no-store", headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (answer && (answer.status === 401 || answer.status === 404)) {
      if (lost) location.replace(lost); else location.reload();
      return;
    }
    const state = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (state && state.screen) {
      if (language && language !== state.screen.language) { location.reload(); return; }
      language = state.screen.language;
    }
    onState(state);
  }

  window.addEventListener("online", ask);
  ask();
  return { refused() { if (lost) ask(); return !!lost; } };
}
