// In a question that has the focus the keys 1 to 9 choose its first to ninth answer. Without this file Tab and the arrows do.
"use strict";
(() => {
  document.querySelectorAll("[data-scale-keys]").forEach((hint) => { hint.hidden = false; });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
    if (event.target.matches("textarea, input:not([type=radio])")) return;
    const question = event.target.closest("[data-question]");
    const answer = question?.querySelectorAll(".options:not(.none) input[type=radio]")[Number(event.key) - 1];
    if (!answer) return;
    event.preventDefault();
    answer.focus();
    answer.click(); // as the mouse does: "input" and "change" follow
  });
})();
