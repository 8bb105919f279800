// Pictures whose copy is still being prepared (202): asked for again until they are there. img[data-retry].

const AGAIN_MS = 2000, MOST = 30;

document.addEventListener("error", (event) => {
  const image = event.target;
  if (!(image instanceof HTMLImageElement) || !("retry" in image.dataset)) return;
  const times = Number(image.dataset.retry || 0) + 1;
  image.dataset.retry = times;
  image.classList.add("is-waiting");
  if (times <= MOST) setTimeout(() => { image.src = image.src.replace(/(&again=\d+)?$/, `&again=${times}`); }, AGAIN_MS);
}, true);

document.addEventListener("load", (event) => {
  if (event.target instanceof HTMLImageElement) event.target.classList.remove("is-waiting");
}, true);
