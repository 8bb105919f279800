// The console's keyboard. Each key does what the button beside it does; nothing happens while somebody types.

const typing = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) && element.type !== "checkbox";

export function keys({ queue, panel, map, layers, undo, help, search, desk }) {
  const find = (selector) => (panel.isReady ? desk.querySelector(selector) : null);

  function press(name) {
    const button = find(`.side [data-shortcut="${name}"]`);
    if (!button || button.disabled || button.getAttribute("aria-busy") === "true" || button.closest("details:not([open])")) return false;
    button.click();
    return true;
  }

  /** Along the queue; a filter that was clicked before must not take the Enter that follows. */
  function walk(step) {
    queue.move(step);
    queue.scroll.focus({ preventScroll: true });
  }

  const table = {
    j: () => walk(1), k: () => walk(-1), ArrowDown: () => queue.move(1), ArrowUp: () => queue.move(-1),
    Enter: () => queue.open(), d: () => press("1"), t: () => press("t"), a: () => press("a"), u: () => undo(), "?": () => help.showModal(),
    "/": () => search.focus(), Home: () => map.home(), l: () => layers.toggle(),
    v() {
      const field = find("[data-shortcut-focus=v]");
      if (field) { field.scrollIntoView({ block: "nearest" }); field.focus(); }
    },
    o() {
      const summary = find("[data-shortcut-open=o]");
      if (!summary) return;
      summary.parentElement.open = true;
      summary.parentElement.scrollIntoView({ block: "nearest" });
      summary.parentElement.querySelector("select").focus();
    },
    m() {
      const summary = find("[data-shortcut-open=m]");
      if (!summary) return;
      summary.parentElement.open = true;
      summary.parentElement.scrollIntoView({ block: "nearest" });
      (summary.parentElement.querySelector("button[name=into]") || summary.parentElement.querySelector("input[name=into_number]")).focus();
    },
  };
  for (const number of "12345") table[number] = () => press(number);

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const active = document.activeElement;
    if (event.key === "Escape") {
      if (active === search && search.value) { search.value = ""; search.dispatchEvent(new Event("input")); }
      else if (typing(active)) active.blur();
      else if (panel.id) panel.close();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && active && active.form) {
      event.preventDefault();
      active.form.requestSubmit(active.form.querySelector("button:not([type=button])"));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (active === search && (event.key === "ArrowDown" || event.key === "Enter")) {
      event.preventDefault();
      queue.move(0);
      search.blur();
      if (event.key === "Enter") queue.open();
      return;
    }
    if (typing(active)) return;
    const onControl = active && active.closest("button, a, summary, .map");
    if (["Enter", "ArrowUp", "ArrowDown"].includes(event.key) && onControl) return;
    const act = table[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
