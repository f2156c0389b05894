// Saves the draft in a form with data-autosave-url while one types (decision 0075). Every text comes from
// templates/foundation/_autosave_status.html. What was typed never goes to the browser's own storage: machines are shared.
//
// It POSTs the whole form with X-Autosave: 1 and is answered in JSON: 200 {saved: "14:32", version, shown: [field names]
// or null, errors: {field name: sentence}, progress: "3 of 5"}, 400 {message, errors} when nothing could be saved,
// 409 {message} when drafts can't go on. [data-question=<field name>] is hidden or shown as `shown` says,
// [data-autosave-progress] holds `progress`.
//
// Where only some fields of a form are drafts, data-autosave-fields names them, and data-autosave-version the field that
// holds their version: anything else on the page waits for the button. Once there is a text in it, the whole form is kept
// beside the drafts (decision 0104).
//
// With data-autosave-keeps nothing of the form is saved before its button: the address only keeps it, and answers `saved`
// empty where no text is left. So it is with any form as soon as its drafts can't go on.
"use strict";
(() => {
  const PAUSE = 2000; // after the last key
  const AT_MOST = 5000; // while keys keep coming
  const KNOCK = 15000; // how often a page that is signed out asks whether its person is back
  const FIRST_RETRY = 2000, LAST_RETRY = 60000;
  const SUBMIT_WAITS = 8000;
  const KEEPALIVE_BYTES = 60000; // browsers send no more than 64 KB from a page that is closing

  // The dialog of the idle sign-out knows who is signed in here, and where to ask whether that is still so.
  const idle = document.getElementById("idle");

  document.querySelectorAll("form[data-autosave-url]").forEach((form) => {
    const status = form.querySelector("[data-autosave-status]") ?? document.querySelector("[data-autosave-status]");
    const spoken = document.querySelector("[data-autosave-spoken]");
    const signIn = document.querySelector("[data-autosave-sign-in]");
    let drafts = form.dataset.autosaveFields?.split(" ");
    let address = form.dataset.autosaveUrl;
    let conflict = ""; // why drafts can't go on
    const progress = document.querySelectorAll("[data-autosave-progress]");
    let state = "well"; // or "offline", "signedOut", "somebodyElse", "refused", "stopped"
    let changes = 0; // counted, so that what is typed during a request is not taken for saved
    let saved = 0;
    let changedAt = 0; // the last change
    let waitingSince = 0; // the first change that no request has taken along
    let retry = FIRST_RETRY;
    let hasErrors = false;
    let waitsForButton = "autosaveKeeps" in form.dataset; // or something was changed that is no draft
    let hasSpoken = false;
    let isLeaving = false;
    let mayGo = false; // the submit has waited long enough
    let timer = null;
    let isKeptBeside = false;
    let besideTimer = null;
    let running = null; // the request under way: what aborts it, and when it is done

    const versionName = form.dataset.autosaveVersion ?? "version";
    let seen = content();

    const unsaved = () => changes !== saved;
    const isAway = () => state === "signedOut" || state === "somebodyElse";
    const later = (delay) => { clearTimeout(timer); timer = setTimeout(attempt, delay); };

    function say(text, { bad = false, aloud = bad } = {}) {
      if (status.textContent === text) return;
      status.textContent = text;
      status.closest("[data-autosave-box]").className = bad ? "alert alert-warn sticky-bottom mt-2" : "sub mt-2";
      signIn.hidden = state !== "signedOut";
      if (aloud) spoken.textContent = text;
    }

    // Everything that somebody can have changed on the page.
    function content() {
      const entries = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== versionName);
      return JSON.stringify(entries.map(([name, value]) => [name, value.name ?? value]));
    }

    // --- one request ---

    function body() {
      const data = new FormData(form);
      let bytes = 0;
      for (const [name, value] of [...data]) {
        if (value instanceof File) data.delete(name); // a draft has no files
        else bytes += 3 * value.length + name.length + 150;
      }
      return { data, bytes };
    }

    // `leaving` sends a request that outlives the page.
    function send(where, { leaving = false, signal } = {}) {
      const { data, bytes } = body();
      return fetch(where, {
        method: "POST",
        body: data,
        redirect: "manual",
        keepalive: leaving && bytes < KEEPALIVE_BYTES,
        signal,
        headers: {
          "X-Autosave": "1",
          "X-Form-Action": pathOf(form.getAttribute("action")),
          "X-Page-Title": encodeURIComponent(document.title.replace(/ · [^·]*$/, "")),
          "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
          Accept: "application/json",
        },
      });
    }

    // Saves now.
    function save({ leaving = false } = {}) {
      clearTimeout(timer);
      if (running || state === "stopped" || state === "somebodyElse" || !unsaved()) return running?.done;
      const taken = changes;
      const abort = new AbortController();
      waitingSince = 0;
      running = { abort };
      running.done = send(address, { leaving, signal: abort.signal }).then((answer) => hear(answer, taken), offline).finally(() => {
        running = null;
        if (state === "well" && unsaved()) later(PAUSE);
      });
      return running.done;
    }

    function keepBesideLater() {
      clearTimeout(besideTimer);
      besideTimer = setTimeout(keepBeside, PAUSE);
    }

    function keepBeside({ leaving = false } = {}) {
      if (besideTimer === null) return;
      clearTimeout(besideTimer);
      besideTimer = null;
      if (state === "well") send(idle.dataset.keepUrl, { leaving }).catch(keepBesideLater);
    }

    const pathOf = (action) => { const url = new URL(action || "", location.href); return url.pathname + url.search; };

    async function hear(answer, taken) {
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return signedOut();
      if (answer.status >= 500 || answer.status === 429) return offline();
      const said = await answer.json().catch(() => null);
      if (answer.status === 409) return keepOnly(said?.message || status.dataset.conflict);
      if (!answer.ok || !said) return refused(said);
      saved = taken;
      retry = FIRST_RETRY;
      state = "well";
      show(said);
    }

    function show({ saved: time, version, shown, errors, progress: done }) {
      const field = form.elements[versionName];
      if (field && version !== undefined) field.value = version;
      if (shown) {
        form.querySelectorAll("[data-question]").forEach((question) => { question.hidden = !shown.includes(question.dataset.question); });
      }
      if (done !== undefined) progress.forEach((one) => { one.textContent = done; });
      mark(errors ?? {});
      if (isKeptBeside && drafts) keepBesideLater(); // so that the copy is no older than the drafts
      if (conflict) say(`${conflict} ${time && status.dataset.kept.replace("{time}", time)}`, { bad: true, aloud: false });
      else if (hasErrors) say(status.dataset.errors, { bad: true });
      else say(time && status.dataset.saved.replace("{time}", time), { aloud: !hasSpoken });
      hasSpoken ||= Boolean(time);
    }

    // What is wrong stands in its field's [data-autosave-error], which is made where the template has none.
    function mark(errors) {
      const places = new Map([...form.querySelectorAll("[data-autosave-error]")].map((place) => [place.dataset.autosaveError, place]));
      for (const name of Object.keys(errors)) if (!places.has(name)) places.set(name, placeFor(name));
      places.forEach((place, name) => {
        const sentence = errors[name] ?? "";
        if (place.textContent !== sentence) place.textContent = sentence;
        place.hidden = !sentence;
      });
      hasErrors = Object.keys(errors).length > 0;
      form.dataset.draft = hasErrors || waitsForButton || unsaved() ? "unsaved" : "saved";
    }

    function placeFor(name) {
      const place = document.createElement("p");
      place.className = "invalid-feedback d-block";
      place.dataset.autosaveError = name;
      const field = form.elements[name]?.[0] ?? form.elements[name]; // of several radio buttons the first
      const question = form.querySelector(`[data-question="${CSS.escape(name)}"]`) ?? field?.parentElement;
      question?.append(place);
      return place;
    }

    // --- when it does not work ---

    function offline() {
      state = "offline";
      say(status.dataset.offline, { bad: true });
      later(retry);
      retry = Math.min(2 * retry, LAST_RETRY);
    }

    function refused(said) {
      const errors = said?.errors ?? {};
      state = "refused"; // the next change is a reason to try again, time is not
      mark(errors);
      say(said?.message || Object.values(errors)[0] || status.dataset.refused, { bad: true });
    }

    // Drafts can't go on, but the form can still be kept; one that has been sent already can't.
    function keepOnly(message) {
      if (address === idle.dataset.keepUrl) {
        state = "stopped";
      } else {
        conflict = message;
        address = idle.dataset.keepUrl;
        drafts = undefined;
        waitsForButton = true;
      }
      say(message, { bad: true });
    }

    function somebodyElse() {
      state = "somebodyElse";
      say(status.dataset.somebodyElse, { bad: true });
      later(KNOCK);
    }

    function signedOut() {
      state = "signedOut";
      say(status.dataset.signedOut, { bad: true });
      later(KNOCK);
    }

    // Whether the person who opened the page is still signed in; if not, the page says so.
    // The token against forged requests changes with every sign-in: without the new one nothing more is taken from here.
    async function isStillThere() {
      let now;
      try {
        const answer = await fetch(idle.dataset.idleUrl, { redirect: "manual", headers: { Accept: "application/json" } });
        now = await answer.json();
      } catch {
        if (isAway()) later(KNOCK);
        else offline();
        return false;
      }
      if (!now.user) signedOut();
      else if (now.user !== idle.dataset.user) somebodyElse(); // never under another person's name
      if (now.user !== idle.dataset.user) return false;
      document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = now.csrf_token; });
      document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": now.csrf_token }));
      return true;
    }

    async function comeBack() {
      if (!(await isStillThere())) return;
      state = "well";
      retry = FIRST_RETRY;
      if (unsaved()) await save();
      else say(hasErrors ? status.dataset.errors : "", { bad: hasErrors });
    }

    const attempt = () => (isAway() || !unsaved() ? comeBack() : save());

    // --- when ---

    // A field also says that it has changed when it loses the focus, as it does when the idle warning opens: only what is
    // new is a sign that somebody is there.
    function changed({ target }) {
      const shown = content();
      if (shown === seen) return;
      seen = shown;
      if (drafts && !drafts.includes(target.name)) {
        waitsForButton = true;
        form.dataset.draft = "unsaved";
        isKeptBeside ||= target.matches("textarea, [type=text]");
        if (isKeptBeside) keepBesideLater();
        return;
      }
      const now = Date.now();
      changes += 1;
      changedAt = now;
      waitingSince ||= now;
      isLeaving = mayGo = false;
      form.dataset.draft = "unsaved";
      if (state === "refused") state = "well";
      if (state === "well" && !running) later(Math.min(PAUSE, Math.max(0, waitingSince + AT_MOST - now)));
    }

    form.addEventListener("input", changed);
    form.addEventListener("change", (event) => {
      changed(event);
      if (state === "well" && event.target.matches("textarea")) save(); // on the way to a link, or to „Sign out”
    });

    // A draft on its way takes the record one version further, and after a sign-in there is another token: the form
    // waits for them. Without a connection, and while its person is not signed in, it stays here, where what was typed is.
    form.addEventListener("submit", async (event) => {
      clearTimeout(timer);
      clearTimeout(besideTimer);
      if (mayGo) {
        isLeaving = true;
        return;
      }
      event.preventDefault();
      const tooLong = setTimeout(() => running?.abort.abort(), SUBMIT_WAITS);
      if (running) await running.done;
      else if (isAway() || state === "offline") await attempt();
      clearTimeout(tooLong);
      if (state === "offline" || isAway() || !(await isStillThere())) return;
      clearTimeout(timer);
      mayGo = true;
      form.requestSubmit(event.submitter);
    });

    function leave() {
      save({ leaving: true });
      keepBeside({ leaving: true });
    }

    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        if (!isLeaving) leave();
      } else if (isAway() || state === "offline") {
        attempt();
      }
    });
    window.addEventListener("focus", () => { if (isAway()) attempt(); });
    window.addEventListener("online", () => { if (state === "offline") attempt(); });
    window.addEventListener("pagehide", () => { if (!isLeaving) leave(); isLeaving = true; });
    window.addEventListener("pageshow", () => { isLeaving = mayGo = false; });

    window.addEventListener("beforeunload", (event) => {
      if (isLeaving || !(unsaved() || hasErrors)) return;
      if (state === "well" && !hasErrors && !running && body().bytes < KEEPALIVE_BYTES) return; // pagehide will send it
      event.preventDefault();
    });

    // Somebody who is writing keeps the page and may sign in beside it. For anybody else it closes, and idle.js has kept
    // what is not marked as saved.
    document.addEventListener("idle:leave", (event) => {
      const isWriting = Date.now() - changedAt < Number(idle.dataset.seconds) * 1000;
      if (unsaved() && isWriting && state !== "stopped") event.preventDefault();
      else isLeaving = true;
    });
  });
})();
