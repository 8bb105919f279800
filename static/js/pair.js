// The page that lets a screen in. The code comes behind the # of the link, which browsers send to nobody; it leaves the address at once.

const field = document.getElementById("code"), code = decodeURIComponent(location.hash.slice(1));
if (code) {
  field.value = code;
  field.closest(".field").hidden = true;
  document.querySelector("[data-with-link]").hidden = false;
  history.replaceState(null, "", location.pathname);
  document.querySelector("main form button").focus();
} else {
  field.focus();
}
