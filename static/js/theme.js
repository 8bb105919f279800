// Before anything is drawn: bright and hard-edged outdoors, dark at night. A choice by hand holds until it is changed.
(function () {
  var root = document.documentElement;
  window.officerTheme = {
    choices: ["auto", "outdoor", "dark"],
    chosen: function () {
      try { return localStorage.getItem("officer-theme") || "auto"; } catch (error) { return "auto"; }
    },
    apply: function (choice) {
      var hour = new Date().getHours();
      var night = hour < 6 || hour >= 19 || matchMedia("(prefers-color-scheme: dark)").matches;
      root.setAttribute("data-theme", choice === "auto" ? (night ? "dark" : "outdoor") : choice);
    },
    choose: function (choice) {
      try { localStorage.setItem("officer-theme", choice); } catch (error) { /* storage is forbidden: for this page only */ }
      this.apply(choice);
    },
  };
  window.officerTheme.apply(window.officerTheme.chosen());
  root.classList.add("js-on");
})();
