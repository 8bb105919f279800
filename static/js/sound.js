// Two short tones for an urgent report, made by the browser itself. A browser that wants a gesture first says so on the mark.

/** `mark` shows on | off | waiting (data-sound, words in data-text-*); `store`: where the choice is kept. Answers {ring, toggle}. */
export function makeSound(mark, store = "wall-muted") {
  let context = null;
  let muted = localStorage.getItem(store) === "1";

  function show() {
    const state = muted ? "off" : context && context.state === "running" ? "on" : "waiting";
    mark.dataset.sound = state;
    mark.querySelector("[data-sound-word]").textContent = mark.getAttribute(`data-text-${state}`);
  }

  function wake() {
    if (!context) {
      context = new AudioContext();
      context.addEventListener("statechange", show);
    }
    if (context.state === "suspended") context.resume().catch(() => {});
    show();
  }

  function tone(frequency, start) {
    const source = context.createOscillator(), loudness = context.createGain();
    source.frequency.value = frequency;
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.4, start + 0.03);
    loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.6);
    source.connect(loudness).connect(context.destination);
    source.start(start);
    source.stop(start + 0.65);
  }

  ["keydown", "pointerdown"].forEach((name) => document.addEventListener(name, wake));
  wake();
  return {
    ring() {
      mark.dataset.rung = String(Number(mark.dataset.rung || 0) + 1);
      if (muted || !context || context.state !== "running") return;
      for (const [frequency, after] of [[880, 0], [660, 0.35], [880, 0.9], [660, 1.25]]) tone(frequency, context.currentTime + after);
    },
    toggle() {
      muted = !muted;
      localStorage.setItem(store, muted ? "1" : "0");
      show();
    },
  };
}
