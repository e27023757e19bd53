// The chat inside the frame of the widget. It listens to the page around it where that page is of an allowed origin, and tells it
// three things: that it is ready, how many answers are unread, and that the person wants it closed. Nothing that was said.

import { focus, talk } from "./chat.js";

const LIMITS = { title: 80, theme: 8, dir: 3 }; // characters
const find = (id) => document.getElementById(id);
const allowed = new Set(document.body.dataset.origins.split(" "));
const [title, leave, askOver] = ["title", "leave", "ask-over"].map(find);
const usualTitle = title.textContent;

let host = null; // the origin of the page around
let shown = window === parent; // somebody may look at it without a page around
let unread = 0;

function hear(event) {
  if (event.source !== parent || event.source === window || !allowed.has(event.origin) || !isState(event.data)) return;
  const first = host === null;
  host = event.origin;
  wear(event.data);
  shown = event.data.shown;
  if (first) tell({ kind: "ready" });
  if (event.data.focus) focus(title);
  count(first);
}

function isState(data) {
  if (data?.nexus !== 1 || data.kind !== "state") return false;
  const texts = Object.entries(LIMITS).every(([name, most]) => typeof data[name] === "string" && data[name].length <= most);
  return texts && typeof data.shown === "boolean" && typeof data.focus === "boolean";
}

function wear(state) {
  const root = document.documentElement;
  root.dir = state.dir === "rtl" ? "rtl" : "ltr";
  root.dataset.theme = ["light", "dark"].includes(state.theme) ? state.theme : "";
  title.textContent = state.title || usualTitle;
  document.title = title.textContent;
  leave.hidden = false;
}

function count(anew = false) {
  if (shown) talk.see();
  const now = talk.unread();
  if (now !== unread || anew) tell({ kind: "unread", count: now });
  unread = now;
}

function tell(message) {
  if (host !== null) parent.postMessage({ nexus: 1, ...message }, host);
}

addEventListener("message", hear);
document.addEventListener("drawn", () => count());
leave.addEventListener("click", () => tell({ kind: "close" }));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !askOver.open) tell({ kind: "close" });
});
count();
