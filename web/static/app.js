// Small comforts on top of pages that work without any of this. No inline code, no HTML from strings.
(() => {
  "use strict";

  const all = (root, selector) => {
    const found = [...(root.querySelectorAll?.(selector) ?? [])];
    if (root.matches?.(selector)) found.unshift(root);
    return found;
  };

  // ---- saying things: #live is a polite status region; trouble is shown as well as said ----

  let quiet;
  const say = (text, trouble = false) => {
    const live = document.getElementById("live");
    if (!live) return;
    clearTimeout(quiet);
    live.textContent = text;
    live.classList.toggle("shown", trouble);
    if (!trouble) quiet = setTimeout(() => { live.textContent = ""; }, 4000);
  };

  // An element with data-announce is read out when its words change, not when the page loads.
  const said = new Map();
  const announceChanges = (first) => {
    for (const elt of document.querySelectorAll("[data-announce]")) {
      const key = elt.id || elt.dataset.announce;
      const words = elt.textContent.replace(/\s+/g, " ").trim();
      if (said.get(key) === words) continue;
      said.set(key, words);
      if (!first) say(words);
    }
  };

  // ---- times: local in the text, UTC and age on hover ----

  // Written like the server's own: "2 Jan 2006 15:04:05".
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (n) => String(n).padStart(2, "0");
  const minutes = (when) => `${two(when.getHours())}:${two(when.getMinutes())}`;
  const clock = (when) => `${minutes(when)}:${two(when.getSeconds())}`;
  const day = (when) => `${when.getDate()} ${months[when.getMonth()]} ${when.getFullYear()}`;
  const relative = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  const age = (when) => {
    const seconds = Math.round((when - Date.now()) / 1000);
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
    return relative.format(Math.trunc(seconds / size), unit);
  };

  const localText = (when, style) => {
    if (style === "time") return clock(when);
    return when.toDateString() === new Date().toDateString() ? clock(when) : `${day(when)} ${minutes(when)}`;
  };

  const localTimes = (root) => {
    for (const elt of all(root, "time[data-local][datetime]")) {
      const when = new Date(elt.dateTime);
      if (Number.isNaN(when.getTime())) continue;
      const text = localText(when, elt.dataset.local);
      if (elt.textContent !== text) elt.textContent = text;
      elt.title = `${elt.dataset.utc}, ${age(when)}`;
    }
  };

  // ---- copying ----

  const copyText = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy"); // the only way left on plain HTTP
    area.remove();
    if (!done) throw new Error("copying was refused");
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    try {
      await copyText(button.dataset.copy);
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 1500);
      say("Copied");
    } catch {
      say("The browser refused to copy. Select the text and copy it by hand.", true);
    }
  });

  // ---- printing ----

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) window.print();
  });

  // ---- keyboard: "/" goes to the search box, unless somebody is typing ----

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // ---- errors: the summary gets the focus when a form comes back with one ----

  const focusErrors = (root) => root.querySelector?.(".error-summary")?.focus();

  // ---- dropping a file ----

  const size = (bytes) => bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  const zoneOf = (event) => event.target.closest?.("[data-dropzone]");
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event) || !document.querySelector("[data-dropzone]")) return;
    event.preventDefault(); // a file that misses the zone must not replace the page and what was typed
    const zone = zoneOf(event);
    event.dataTransfer.dropEffect = zone ? "copy" : "none";
    for (const other of document.querySelectorAll("[data-dropzone]")) other.classList.toggle("over", other === zone);
  });
  document.addEventListener("dragleave", (event) => {
    const zone = zoneOf(event);
    if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event) || !document.querySelector("[data-dropzone]")) return;
    event.preventDefault();
    const zone = zoneOf(event);
    zone?.classList.remove("over");
    const input = zone?.querySelector("input[type=file]");
    if (!input) return;
    if (!input.multiple && event.dataTransfer.files.length > 1) {
      say("One file at a time, please.", true);
      return;
    }
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("change", (event) => {
    const output = zoneOf(event)?.querySelector("[data-dropzone-name]");
    if (!output || event.target.type !== "file") return;
    output.textContent = [...event.target.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
  });

  // ---- a form is sent once; coming back by the browser's Back button frees it again ----

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.target) return;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "true";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // ---- a form whose answer is a page, as one with an error: taken in without a place in the history, since Back to a
  // page that was posted shows nothing. Without JavaScript the browser asks whether to send it again. ----

  const takenIn = {
    "hx-select": "#main > *", "hx-target": "#main", "hx-sync": "this:drop",
    "hx-swap": "settle:0", // settling copies inline styles, which the policy refuses
    "hx-config": '{"timeout":180000}', // as long as the portal waits: an upload, or Microsoft, may take it
  };
  const takeIn = () => {
    for (const form of document.querySelectorAll("main form[method=post]:not([hx-post], [target])")) {
      for (const [name, value] of Object.entries(takenIn)) form.setAttribute(name, value);
      form.setAttribute("hx-post", form.getAttribute("action"));
      htmx.process(form);
    }
  };

  // ---- theme: a select or radio buttons with data-theme-choice and the values system, light, dark ----

  const showTheme = () => {
    let choice = null;
    try { choice = localStorage.getItem("theme"); } catch { /* storage may be switched off */ }
    choice ??= "system";
    for (const elt of document.querySelectorAll("[data-theme-choice]")) {
      if (elt.type === "radio") elt.checked = elt.value === choice;
      else elt.value = choice;
    }
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-theme-choice]")) return;
    try {
      if (event.target.value === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", event.target.value);
    } catch { say("This browser does not keep the choice.", true); }
    document.dispatchEvent(new Event("clawback:theme"));
  });

  // ---- htmx ----

  let leaving = false;
  window.addEventListener("pagehide", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });

  // Somebody who follows a link while a form is under way goes there, not to where the form would lead.
  let followed = 0;
  document.addEventListener("click", (event) => {
    const elsewhere = event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!elsewhere && event.target.closest?.("a[href]:not([href^='#'], [target])")) followed++;
  });

  // A redirect to another place of this very page only scrolls: what was changed must show, too.
  const anew = (address) => {
    if (!address) return;
    const next = new URL(address, location.href);
    if (!next.hash || next.pathname + next.search !== location.pathname + location.search) return;
    location.replace(next);
    location.reload();
    throw new DOMException("loaded anew", "AbortError");
  };

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const poll = ctx.sourceEvent?.type === "every";
    if (poll && document.hidden) { // nobody is looking
      event.preventDefault();
      return;
    }
    // Going to another page cuts off what is under way. That is no failure: htmx is quiet about an AbortError only.
    const before = followed;
    ctx.fetch = async (address, request) => {
      try {
        const response = await fetch(address, request);
        if (!poll && followed !== before) throw new DOMException("left", "AbortError");
        anew(response.headers.get("HX-Redirect"));
        const text = await response.text();
        response.text = async () => text;
        return response;
      } catch (error) {
        throw poll || leaving || error.name === "AbortError" ? new DOMException("cut off", "AbortError") : error;
      }
    };
  });
  document.addEventListener("htmx:after:process", (event) => localTimes(event.target));
  document.addEventListener("htmx:after:swap", (event) => {
    announceChanges(false);
    takeIn();
    const { sourceElement, sourceEvent } = event.detail.ctx;
    if (sourceEvent?.type !== "every") focusErrors(sourceElement?.isConnected ? sourceElement.closest("form, main") ?? document : document);
  });
  // A poll that fails stays as it is and comes again; what a person asked for must not fail in silence.
  document.addEventListener("htmx:response:error", (event) => {
    const { sourceEvent, response } = event.detail.ctx;
    if (sourceEvent?.type !== "every" && response.status >= 500) say("That did not work. Nothing was changed here; please try again.", true);
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx && event.detail.ctx.sourceEvent?.type !== "every") say("The portal can’t be reached. Please try again.", true);
  });

  localTimes(document);
  announceChanges(true);
  showTheme();
  takeIn();
  focusErrors(document);
  setInterval(() => localTimes(document), 30000);
})();
