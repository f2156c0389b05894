// Leaves the portal at once and out of the browser's "back". The button is a plain link, so it works without this file.
"use strict";
(() => {
  const exit = document.querySelector("[data-quick-exit]");
  if (!exit) return;
  const presses = [];

  function leave() {
    document.documentElement.hidden = true; // blank while the other page loads
    location.replace(exit.href);
  }

  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      presses.length = 0;
      return;
    }
    presses.push(event.timeStamp);
    if (presses.length >= 3 && presses.at(-1) - presses.at(-3) < 2000) leave();
  });
})();
