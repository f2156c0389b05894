// A second click while the first is on its way does nothing. The server refuses repeats too (the form's `once`); this spares the doubt.
"use strict";
(() => {
  const RELEASE_AFTER = 10000; // a download answers without leaving the page

  function release(form) {
    delete form.dataset.sent;
    form.querySelectorAll("[type=submit][aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.querySelectorAll("[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
    setTimeout(() => release(form), RELEASE_AFTER);
  });

  // Coming back with the browser's button finds the page as it was left.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
})();
