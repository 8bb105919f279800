// What the phone confirms by itself of an order that waits to be accepted: delivered as soon as the page has it, seen once the
// officer has had it before his eyes for a moment. Said again until the server has heard it.

const LOOKED_MS = 700, AGAIN_MS = 10000;

/** `post(url)` → the answer, or a rejection without network. `refresh()` after every change of the screen. */
export function receipts({ root, post }) {
  const heard = new Set(), asking = new Set();
  let looked = 0, again = 0;

  const waiting = () => Array.from(root.querySelectorAll("[data-kind=task]")).filter((one) => one.dataset.server === "sent");
  const isKnown = (article, mark) => Boolean(article.dataset[mark]) || heard.has(article.dataset.order + mark);

  async function say(article, mark) {
    const key = article.dataset.order + mark;
    if (isKnown(article, mark) || asking.has(key)) return;
    asking.add(key);
    try {
      const answer = await post(article.dataset.mark.replace("/seen/", `/${mark}/`));
      if (answer.ok || answer.status === 404) heard.add(key);  // 404: no order of the one who is signed in now
      else later();
    } catch (error) { later(); }
    asking.delete(key);
  }

  function later() {
    clearTimeout(again);
    again = setTimeout(refresh, AGAIN_MS);
  }

  function refresh() {
    waiting().forEach((article) => say(article, "delivered"));
    clearTimeout(looked);
    if (document.visibilityState === "visible" && waiting().some((article) => !isKnown(article, "seen"))) looked = setTimeout(look, LOOKED_MS);
  }

  function look() {
    if (document.visibilityState !== "visible") return;
    waiting().filter((article) => {
      const box = article.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    }).forEach((article) => say(article, "seen"));
  }

  document.addEventListener("visibilitychange", refresh);
  addEventListener("scroll", refresh, { passive: true });
  addEventListener("online", refresh);
  return { refresh };
}
