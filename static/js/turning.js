// Scenes by hand and in turn. What a screen is set to comes back by itself when no hand has been there for a while.

const BY_HAND_S = 45;        // between scenes when somebody lets them turn by hand
const RETURN_MS = 300000;    // then a screen shows again what it is set to

/**
 * `show(name)` draws a scene; `inUse()`: a hand moves the map now; `mark` says whether and when the next turn comes (data-turning on | off | held,
 * words in data-text-*). Answers {set(screen), choose(name), toggle(), touched(), tick()}; `set` takes {scene, rotate_s}, as the screen is set to.
 */
export function makeTurning({ scenes, show, inUse, mark }) {
  let current = scenes[0], seconds = 0, turned = Date.now(), touchedAt = 0, own = null, astray = false;
  const word = mark.querySelector("[data-turning-word]");

  function to(name) {
    current = name;
    turned = Date.now();
    show(name);
    say();
  }

  function back() {
    astray = false;
    seconds = own.rotate_s;
    to(own.scene);
  }

  function say() {
    const left = Math.max(0, Math.ceil(seconds - (Date.now() - turned) / 1000));
    const state = !seconds ? "off" : inUse() ? "held" : "on";
    const text = mark.getAttribute(`data-text-${state}`).replace("%s", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
    if (word.textContent !== text) word.textContent = text;
    mark.dataset.turning = state;
  }

  return {
    /** As the screen is set to, now and whenever that changes. */
    set(screen) {
      if (own && own.scene === screen.scene && own.rotate_s === screen.rotate_s) return;
      own = screen;
      back();
    },
    choose(name) { astray = true; to(name); },
    toggle() {
      astray = true;
      seconds = seconds ? 0 : (own && own.rotate_s) || BY_HAND_S;
      turned = Date.now();
      say();
    },
    touched() { touchedAt = Date.now(); },
    /** Once a second. */
    tick() {
      if (own && astray && Date.now() - touchedAt > RETURN_MS && !inUse()) back();
      else if (seconds && inUse()) turned = Math.max(turned, Date.now() - seconds * 1000 + 5000);  // and some seconds to look when the hand has gone
      else if (seconds && Date.now() - turned >= seconds * 1000) to(scenes[(scenes.indexOf(current) + 1) % scenes.length]);
      say();
    },
  };
}
