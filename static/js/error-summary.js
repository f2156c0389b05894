// After a refused form the summary of errors is where reading starts, also when htmx has put the form in place.
"use strict";
(() => {
  const SUMMARY = "[role=alert][tabindex]";
  const focus = () => document.querySelector(SUMMARY)?.focus();
  focus();
  document.addEventListener("htmx:afterSettle", focus);

  // A link of the summary leads into the field, not only to it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(`${SUMMARY} a[href^="#"]`);
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    (field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea"))?.focus({ preventScroll: true });
  });
})();
