// Worker of the citizen's form: ALTCHA's second protocol with SHA-256. Finds the counter for which the hash of
// salt + nonce + counter, `cost` times over, begins with the prefix. Plain arithmetic, so that neither a secure context nor a
// new browser is needed.
"use strict";

const K = [], H = [];
for (let n = 2; K.length < 64; n++) {
  let prime = true;
  for (let i = 2; i * i <= n; i++) if (n % i === 0) prime = false;
  if (!prime) continue;
  if (H.length < 8) H.push((Math.sqrt(n) % 1) * 4294967296 | 0);
  K.push((Math.cbrt(n) % 1) * 4294967296 | 0);
}
const w = new Int32Array(64), out = new Int32Array(8);
const hash = (bits) => { // of one block, whose first words are in w
  w[bits / 32] = -2147483648;
  w.fill(0, bits / 32 + 1, 15);
  w[15] = bits;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    w[i] = ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[i - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) + w[i - 16];
  }
  let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (let i = 0; i < 64; i++) {
    const t = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i]) | 0;
    const u = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c)) | 0;
    h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => { out[i] = H[i] + word; });
};
const hex = (words) => Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
self.onmessage = ({ data: { salt, nonce, cost, keyLength, keyPrefix } }) => {
  const head = (salt + nonce).match(/.{8}/g).map((word) => parseInt(word, 16) | 0), started = Date.now();
  const first = parseInt(keyPrefix.slice(0, 8), 16) | 0;
  for (let counter = 0; ; counter++) {
    w.set(head);
    w[head.length] = counter;
    hash(head.length * 32 + 32);
    for (let round = 1; round < cost; round++) { w.set(out); hash(256); }
    if (keyPrefix.length >= 8 && out[0] !== first) continue;
    const key = hex(out).slice(0, keyLength * 2);
    if (key.startsWith(keyPrefix)) { self.postMessage({ counter, derivedKey: key, time: Date.now() - started }); return; }
  }
};
