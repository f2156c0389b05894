// Says when the idle sign-out comes and lets one stay. The server keeps the time and signs out by itself;
// this asks it before warning and before leaving, because another tab may have moved the end.
"use strict";
(() => {
  const dialog = document.getElementById("idle");
  if (!dialog) return;
  const whole = Number(dialog.dataset.seconds);
  const warnAt = Number(dialog.dataset.warnAt);
  const token = dialog.querySelector("[name=csrfmiddlewaretoken]"); // read when needed: autosave.js may renew it
  const minutes = document.querySelectorAll("[data-idle-minutes]");
  const countdown = dialog.querySelector("[data-idle-countdown]");
  const now = () => Date.now() / 1000; // a timer stops while a laptop sleeps, the clock doesn't
  let end = now() + Number(dialog.dataset.left);
  let asking = false;
  let askedAt = now();
  let stayedAt = now();
  let heldUntil = 0; // somebody is writing, or the text can't be kept now
  const typedIn = new Set();

  const left = () => Math.max(0, Math.ceil(end - now()));

  // What stands in a form and was not sent goes to the server, which keeps it for this person and does nothing with it
  // (accounts/kept.py). autosave.js says which drafts are saved already.
  async function keep(form) {
    const body = new FormData(form);
    for (const [name, value] of [...body]) {
      if (value instanceof File) body.set(name, new File([], value.name)); // only that there was a file
    }
    const address = form.getAttribute("action") || location.href;
    const headers = { "X-Autosave": "keep", "X-Page-Title": encodeURIComponent(document.title.replace(/ · [^·]*$/, "")) };
    const answer = await fetch(address, { method: "POST", redirect: "manual", headers, body });
    if (answer.status >= 500) throw new Error("not kept");
  }

  async function leave() {
    heldUntil = now() + 30;
    if (!document.dispatchEvent(new CustomEvent("idle:leave", { cancelable: true }))) return;
    try {
      await Promise.all([...typedIn].filter((form) => form.isConnected && form.dataset.draft !== "saved").map(keep));
    } catch {
      return; // the server or the network is away, and only this page has the text
    }
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
      const answer = await fetch(dialog.dataset.stayUrl, { method: "POST", redirect: "manual", headers: { "X-CSRFToken": token.value } });
      if (answer.ok) end = now() + whole;
      else await ask();
    } catch {
      // The network is away: the clock here goes on and the warning comes back.
    }
    show();
  }

  async function tick() {
    show();
    if (asking || left() > warnAt || now() < heldUntil) return;
    if (left() === 0) {
      await ask();
      if (left() === 0) await leave();
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
  document.addEventListener("input", ({ target: { form } }) => {
    if (form?.method === "post" && form.elements.once) typedIn.add(form);
  });
  document.addEventListener("submit", (event) => { if (!event.defaultPrevented) typedIn.delete(event.target); });
  document.addEventListener("pointerdown", active);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  setInterval(tick, 1000);
  show();
})();
