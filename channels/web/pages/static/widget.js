// NEXUS in any page: <script src="https://nexus.example/widget.js" data-app="shop" async></script> adds a <nexus-chat> to it,
// a button and a panel with the chat in a frame from NEXUS. README.md of channels/web tells what it takes and gives.

(() => {
  "use strict";

  const TAG = "nexus-chat";
  const LOADING_MS = 15_000; // until the frame must have loaded
  const GREETING_MS = 1_500; // until it must have answered after that
  const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox";
  const LOOKS = ["data-title", "data-theme", "data-dir", "data-position"];
  const ICONS = {
    talk: "M5.5 4h13A2.5 2.5 0 0 1 21 6.5v8a2.5 2.5 0 0 1-2.5 2.5H12l-5 4v-4H5.5A2.5 2.5 0 0 1 3 14.5v-8A2.5 2.5 0 0 1 5.5 4Z",
    fold: "m6 9.5 6 6 6-6",
  };
  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; color-scheme: light dark; }
    :host([hidden]) { display: none; }
    :host([data-theme="light"]) { color-scheme: light; }
    :host([data-theme="dark"]) { color-scheme: dark; }
    .room {
      all: initial; color-scheme: inherit;
      --surface: light-dark(#fff, #20202c); --edge: light-dark(#dedcec, #363547); --text: light-dark(#1c1b29, #ecebf5);
      --accent: light-dark(#4c42cf, #a9a2ff); --side: calc(1.25em + 4.25em * var(--nexus-nth, 0));
      font-family: system-ui, sans-serif; line-height: 1.5; color: var(--text);
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    button { font: inherit; color: inherit; cursor: pointer; }
    svg { display: block; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

    .launcher {
      position: fixed; bottom: calc(1.25em + env(safe-area-inset-bottom)); width: 3.5em; height: 3.5em; padding: 0; border: 0;
      border-radius: 50%; display: grid; place-items: center; color: #fff; background: linear-gradient(140deg, #6d63f2, #3a2fb0);
      box-shadow: 0 2px 6px rgb(20 18 50 / 25%), 0 8px 24px rgb(20 18 50 / 22%);
    }
    [data-side="right"] .launcher { right: var(--side); }
    [data-side="left"] .launcher { left: var(--side); }
    .badge {
      position: absolute; top: -.4em; right: -.4em; min-width: 1.9em; padding: 0 .45em; border: 2px solid #fff; border-radius: 1em;
      background: #b3241b; color: #fff; font-size: .75em; font-weight: 700; line-height: 1.55em; text-align: center;
    }

    dialog {
      position: fixed; inset: auto; bottom: calc(5.75em + env(safe-area-inset-bottom)); width: min(25em, 100vw - 2.5em);
      height: min(40em, 100vh - 7em); max-width: none; max-height: none; margin: 0; padding: 0; overflow: hidden; color: inherit;
      border: 1px solid var(--edge); border-radius: 1.25em; background: var(--surface); box-shadow: 0 12px 48px rgb(20 18 50 / 28%);
    }
    [data-side="right"] dialog { right: 1.25em; }
    [data-side="left"] dialog { left: 1.25em; }
    dialog::backdrop { background: none; }
    iframe { display: block; width: 100%; height: 100%; border: 0; visibility: hidden; }
    .ready iframe { visibility: visible; }
    .ready .note { display: none; }
    .note {
      position: absolute; inset: 0; display: flex; flex-wrap: wrap; gap: .75em; place-content: center; padding: 1.5em; text-align: center;
    }
    .note p { flex: 1 0 100%; margin: 0; text-wrap: balance; unicode-bidi: plaintext; }
    .note button { padding: .4em 1.1em; border: 1px solid var(--edge); border-radius: 2em; background: none; }
    .note button:hover { border-color: var(--accent); }

    @media (max-width: 30rem), (max-height: 26rem) {
      [data-side] dialog { inset: var(--top, 0) 0 auto; width: 100%; height: var(--tall, 100dvh); border: 0; border-radius: 0; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .launcher { transition: transform .15s; }
      .launcher:hover { transform: scale(1.06); }
      dialog[open] { animation: rise .18s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(.75em); } }
    }
    @media (forced-colors: active) { .launcher, dialog { border: 2px solid; } }
    @media print { :host { display: none; } }
  `;

  const script = document.currentScript;
  const small = matchMedia("(max-width: 30rem), (max-height: 26rem)");
  const all = new Set(); // the chats of this page

  function make(tag, attributes = {}, ...children) {
    const space = tag === "svg" || tag === "path" ? "2000/svg" : "1999/xhtml";
    const element = document.createElementNS(`http://www.w3.org/${space}`, tag);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    element.append(...children);
    return element;
  }

  function icon(d) {
    return make("svg", { viewBox: "0 0 24 24", width: 28, height: 28, "aria-hidden": true }, make("path", { d }));
  }

  class NexusChat extends HTMLElement {
    static observedAttributes = LOOKS;

    #icons = Object.values(ICONS).map(icon);
    #badge = make("span", { class: "badge", "aria-hidden": true });
    #launcher = make(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-controls": "panel" },
      ...this.#icons,
      this.#badge,
    );
    #words = make("p", { role: "status" });
    #retry = make("button", { type: "button" }, "Try again");
    #leave = make("button", { type: "button" }, "Close");
    #panel = make("dialog", { id: "panel" }, make("div", { class: "note" }, this.#words, this.#retry, this.#leave));
    #status = make("p", { class: "unseen", role: "status" });
    #room = make("section", { class: "room" }, this.#launcher, this.#panel, this.#status);

    #frame = null;
    #loaded = false; // whether the frame holds a document
    #ready = false; // whether that document answered
    #timer = 0;
    #focus = false; // whether the focus goes into the frame when it is ready
    #before = null; // where the focus was
    #unread = 0;
    #listening = null;

    constructor() {
      super();
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      this.shadowRoot.append(this.#room);
      this.#launcher.addEventListener("click", () => (this.opened ? this.close() : this.open()));
      this.#retry.addEventListener("click", () => this.#load(true));
      this.#leave.addEventListener("click", () => this.close());
      this.#room.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
      this.#panel.addEventListener("cancel", (event) => {
        event.preventDefault();
        this.close();
      });
    }

    connectedCallback() {
      const { signal } = (this.#listening = new AbortController());
      addEventListener("message", (event) => this.#hear(event), { signal });
      addEventListener("online", () => this.#frame && !this.#ready && this.#load(true), { signal });
      small.addEventListener("change", () => this.opened && this.#unfold(), { signal });
      ["resize", "scroll"].forEach((name) => visualViewport.addEventListener(name, () => this.#measure(), { signal }));
      all.add(this);
      arrange();
      this.#wear();
      this.#restore();
    }

    disconnectedCallback() {
      this.#listening.abort();
      this.#unload();
      this.#panel.close();
      all.delete(this);
      arrange();
    }

    attributeChangedCallback() {
      if (!this.isConnected || !all.has(this)) return;
      arrange();
      this.#wear();
      this.#tell();
    }

    /** Whether the panel is open. */
    get opened() {
      return this.#panel.open;
    }

    /** How many answers came while the panel was closed. */
    get unread() {
      return this.#unread;
    }

    /** The side of the window that the button is on: "left" or "right". */
    get side() {
      const wanted = this.dataset.position;
      return wanted === "left" || wanted === "right" ? wanted : this.#dir === "rtl" ? "left" : "right";
    }

    /** Opens the panel; with `{focus: false}` the focus stays where it is. */
    open({ focus = true } = {}) {
      if (!this.isConnected) return;
      const changes = !this.opened;
      if (changes || document.activeElement !== this) this.#before = document.activeElement;
      if (changes) {
        all.forEach((other) => other !== this && other.close());
        this.#unfold();
        this.#wear();
        this.#remember("open");
        this.#load();
      }
      this.#focus = focus;
      this.#enter();
      if (changes) this.#emit("nexus-open");
    }

    /** Closes the panel. A focus that was in it goes back to where it came from. */
    close() {
      if (!this.opened) return;
      const inside = this.shadowRoot.activeElement !== null;
      this.#panel.close();
      this.#wear();
      this.#remember("closed");
      this.#focus = false;
      this.#tell();
      if (inside) this.#goBack();
      this.#emit("nexus-close");
    }

    get #origin() {
      return this.dataset.nexus;
    }

    get #app() {
      return this.dataset.app || "default";
    }

    get #title() {
      return (this.dataset.title || "Chat").slice(0, 80);
    }

    get #dir() {
      const wanted = this.dataset.dir || getComputedStyle(this.parentElement ?? document.documentElement).direction;
      return wanted === "rtl" ? "rtl" : "ltr";
    }

    #emit(name, detail = null) {
      this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
    }

    // On a small window the panel takes all of it, and the page behind it is inert.
    #unfold() {
      this.#panel.close();
      if (small.matches) this.#panel.showModal();
      else this.#panel.open = true;
      this.#measure();
    }

    // Where a keyboard on the screen takes room, the panel fills what is left; a magnifying glass does not change it.
    #measure() {
      if (visualViewport.scale > 1) return;
      this.#panel.style.setProperty("--tall", `${visualViewport.height}px`);
      this.#panel.style.setProperty("--top", `${visualViewport.offsetTop}px`);
    }

    // -- the frame ---------------------------------------------------------------------------------------------------

    #load(anew = false) {
      if (this.#frame && !anew) return;
      this.#unload();
      const path = this.#app === "default" ? "" : `/apps/${encodeURIComponent(this.#app)}`;
      const src = `${this.#origin}${path}/channels/web/frame`;
      this.#frame = make("iframe", { src, title: this.#title, sandbox: SANDBOX, allow: "fullscreen", referrerpolicy: "no-referrer" });
      this.#frame.addEventListener("load", () => this.#greet());
      this.#say("Just a moment …");
      this.#expect(LOADING_MS);
      this.#panel.prepend(this.#frame);
    }

    #unload() {
      clearTimeout(this.#timer);
      this.#frame?.remove();
      this.#frame = null;
      this.#loaded = this.#ready = false;
      this.#room.classList.remove("ready");
    }

    #greet() {
      this.#loaded = true;
      this.#expect(GREETING_MS);
      this.#tell();
    }

    #expect(within) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#miss(), within);
    }

    #miss() {
      this.#say("The chat cannot be reached just now.", true);
      console.warn(`NEXUS: no answer from ${this.#frame.src}. Is it up, and is ${location.origin} one of its allowed origins?`);
    }

    #say(words, isTrouble = false) {
      this.#words.textContent = words;
      this.#retry.hidden = !isTrouble;
    }

    #tell(focus = false) {
      if (!this.#loaded) return;
      const look = { title: this.#title, theme: this.dataset.theme ?? "", dir: this.#dir };
      const state = { nexus: 1, kind: "state", ...look, shown: this.opened, focus };
      this.#frame.contentWindow.postMessage(state, this.#origin);
    }

    #hear({ source, origin, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin || data?.nexus !== 1) return;
      if (data.kind === "ready") this.#welcome();
      if (data.kind === "close") this.close();
      if (data.kind === "unread" && Number.isInteger(data.count) && data.count >= 0) this.#count(data.count);
    }

    #welcome() {
      clearTimeout(this.#timer);
      this.#ready = true;
      this.#room.classList.add("ready");
      this.#enter();
    }

    // Moves the focus into the chat, unless the person went on to something else while it loaded.
    #enter() {
      if (!this.#ready) return;
      const stayed = [document.body, this, this.#before].includes(document.activeElement);
      const focus = this.#focus && stayed;
      if (focus) this.#frame.focus();
      this.#tell(focus);
      this.#focus = false;
    }

    #goBack() {
      const before = this.#before;
      const elsewhere = before?.isConnected && before !== this && before !== document.body;
      (elsewhere ? before : this.#launcher).focus();
    }

    #count(unread) {
      if (unread === this.#unread) return;
      const more = unread > this.#unread && !this.opened;
      this.#unread = unread;
      this.#status.textContent = more ? `${this.#title}: ${unread} unread` : "";
      this.#wear();
      this.#emit("nexus-unread", { count: unread });
    }

    // -- how it looks ------------------------------------------------------------------------------------------------

    #wear() {
      const { opened, side } = this;
      this.#room.dir = this.#dir;
      this.#room.dataset.side = side;
      this.#icons.forEach((one, index) => one.toggleAttribute("hidden", opened === (index === 0)));
      this.#badge.hidden = opened || this.#unread === 0;
      this.#badge.textContent = this.#unread > 9 ? "9+" : this.#unread;
      const unread = this.#badge.hidden ? "" : `, ${this.#unread} unread`;
      this.#launcher.setAttribute("aria-label", this.#title + unread);
      this.#launcher.setAttribute("aria-expanded", opened);
      this.#launcher.title = this.#title;
      [this.#room, this.#panel].forEach((element) => element.setAttribute("aria-label", this.#title));
      if (this.#frame) this.#frame.title = this.#title;
    }

    // -- what this tab keeps: whether the panel was open, so that it is after a reload ---------------------------------

    get #key() {
      return `nexus-chat ${this.#origin} ${this.#app}`;
    }

    #remember(state) {
      try {
        sessionStorage.setItem(this.#key, state);
      } catch {
        // The page may not keep anything: then the panel is closed after a reload.
      }
    }

    #recall() {
      try {
        return sessionStorage.getItem(this.#key);
      } catch {
        return null;
      }
    }

    // Somebody who talked already may have messages waiting: the frame sends them, open or not.
    #restore() {
      const kept = this.#recall();
      const begins = kept === null && "open" in this.dataset && !small.matches;
      if (kept === "open" || begins) this.open({ focus: false });
      else if (kept === "closed") this.#load();
    }
  }

  // Buttons on the same side stand beside one another.
  function arrange() {
    const taken = { left: 0, right: 0 };
    for (const chat of all) chat.style.setProperty("--nexus-nth", taken[chat.side]++);
  }

  function add() {
    const chat = document.createElement(TAG);
    Object.assign(chat.dataset, script.dataset, { nexus: new URL(script.src).origin });
    document.body.append(chat);
  }

  if (!customElements.get(TAG)) customElements.define(TAG, NexusChat);
  if (!script) console.error("NEXUS: widget.js is a plain script, no module.");
  else if (document.body) add();
  else addEventListener("DOMContentLoaded", add, { once: true });
})();
