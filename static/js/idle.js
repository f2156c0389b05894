// Says when the idle sign-out comes and lets one stay. The server keeps the time and signs out by itself;
// this asks it before warning and before leaving, because another tab may have moved the end.
"use strict";
(() => {
  const dialog = document.getElementById("idle");
  if (!dialog) return;
  const whole = Number(dialog.dataset.seconds);
  const warnAt = Number(dialog.dataset.warnAt);
  const token = dialog.querySelector("[name=csrfmiddlewaretoken]").value;
  const minutes = document.querySelectorAll("[data-idle-minutes]");
  const countdown = dialog.querySelector("[data-idle-countdown]");
  const now = () => Date.now() / 1000; // a timer stops while a laptop sleeps, the clock doesn't
  let end = now() + Number(dialog.dataset.left);
  let asking = false;
  let askedAt = now();
  let stayedAt = now();

  const left = () => Math.max(0, Math.ceil(end - now()));

  function leave() {
    const here = location.pathname + location.search;
    location.assign(`${dialog.dataset.loginUrl}?next=${encodeURIComponent(here)}`);
  }

  function show() {
    minutes.forEach((span) => { span.textContent = Math.ceil(left() / 60); });
    countdown.textContent = `${Math.floor(left() / 60)}:${String(left() % 60).padStart(2, "0")}`;
    if (left() > warnAt && dialog.open) dialog.close("stayed elsewhere");
  }

  // Signed out means a redirect to the sign-in page or a refusal; a server in trouble proves nothing.
  const isSignedOut = (answer) => answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;

  // How long the session really has.
  async function ask() {
    asking = true;
    askedAt = now();
    try {
      const answer = await fetch(dialog.dataset.idleUrl, { redirect: "manual", headers: { Accept: "application/json" } });
      if (answer.ok) end = now() + (await answer.json()).seconds_left;
      else if (isSignedOut(answer)) end = now();
    } catch {
      // The network is away: the clock here goes on.
    }
    asking = false;
    show();
  }

  async function stay() {
    stayedAt = now();
    try {
      const answer = await fetch(dialog.dataset.stayUrl, { method: "POST", redirect: "manual", headers: { "X-CSRFToken": token } });
      if (answer.ok) end = now() + whole;
      else await ask();
    } catch {
      // The network is away: the clock here goes on and the warning comes back.
    }
    show();
  }

  async function tick() {
    show();
    if (asking || left() > warnAt) return;
    if (left() === 0) {
      await ask();
      if (left() === 0) leave();
    } else if (!dialog.open || now() - askedAt > 10) {
      await ask();
      if (left() > 0 && left() <= warnAt && !dialog.open) dialog.showModal();
    }
  }

  // Writing a long note is not being idle, though nothing is sent: it counts once a minute.
  function active() {
    if (!dialog.open && left() > 0 && now() - stayedAt > 60) stay();
  }

  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "stayed elsewhere") dialog.returnValue = "";
    else stay();
  });
  document.addEventListener("input", active);
  document.addEventListener("pointerdown", active);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  setInterval(tick, 1000);
  show();
})();
