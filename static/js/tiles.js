// The map service's tiles under our own drawing, from this site's cache. Loaded by map.js only where a service is configured (data-tiles-js).
// What the disk has not yet comes with 202: it is asked for again while it is in view, ever more seldom.

const FIRST_MS = 2000, LAST_MS = 60000;

export function addTiles(map, { url, zooms, bounds, attribution }) {
  const [low, high] = zooms.split("-").map(Number);
  const Layer = L.GridLayer.extend({
    createTile(coords, done) {
      const image = document.createElement("img");
      image.alt = "";
      image.addEventListener("load", () => { if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src); });
      const ask = (wait) => fetch(url.replace(/0\/0\/0$/, `${coords.z}/${coords.x}/${coords.y}`)).then(async (answer) => {
        if (answer.status === 200) { image.src = URL.createObjectURL(await answer.blob()); return; }
        if (answer.status === 202 || answer.status >= 500) again(wait);
      }, () => again(wait));
      const again = (wait) => { image.waiting = setTimeout(() => ask(Math.min(LAST_MS, wait * 2)), wait); };
      ask(FIRST_MS).then(() => done(null, image));
      return image;
    },
  });
  const layer = new Layer({ minNativeZoom: low, maxNativeZoom: high, minZoom: low, maxZoom: 18, bounds, noWrap: true, attribution });
  layer.on("tileunload", ({ tile }) => clearTimeout(tile.waiting));
  return layer.addTo(map);
}
