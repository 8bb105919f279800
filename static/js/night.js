// Before anything is drawn: dark where the reader's system is, light on paper.
(function () {
  var root = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)");
  function follow() { root.setAttribute("data-theme", dark.matches ? "dark" : "light"); }
  dark.addEventListener("change", follow);
  addEventListener("beforeprint", function () { root.setAttribute("data-theme", "light"); });
  addEventListener("afterprint", follow);
  follow();
})();
