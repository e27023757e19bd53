// The chat: what a person does becomes exchanges, exchanges go out through the outbox, answers come back into the talk. It works on
// the elements of templates/talk.html; whenever it drew something, the document hears the event "drawn".

import { openDoor } from "./door.js";
import { openOutbox } from "./outbox.js";
import { isKept, openTalk } from "./talk.js";
import { draw, pieces } from "./view.js";

const SLOW_MS = 1500;
const find = (id) => document.getElementById(id);

/** The talk that is shown. */
export const talk = openTalk(document.body.dataset.app);

const [log, scroller, text, send, hint] = ["log", "scroll", "text", "send", "hint"].map(find);
const [status, latest, over, askOver] = ["status", "latest", "over", "ask-over"].map(find);
const [gone, absence, retry] = ["away", "absence", "retry"].map(find);
const most = Number(document.body.dataset.most);
const usualHint = [...hint.childNodes];
const fine = matchMedia("(pointer: fine)").matches;
const door = openDoor(document.body.dataset.door, talk);
const outbox = openOutbox(door, talk, { settled, away });
const acts = { say, again };

let isAway = false; // whether the door is out of reach
let slow = 0; // timer: whoever cannot see the dots is told that an answer is being made
let following = false; // whether the end of the talk stays in view as it grows
let lastTop = 0;

function say(words) {
  talk.add({ id: newId(), text: words, at: Date.now(), state: "waiting" });
  show();
  toEnd();
  focus();
  outbox.carry();
}

function again({ id, trouble }) {
  const anew = { id: trouble?.again === "new" ? newId() : id, state: "waiting", answer: null, answered: null, at: Date.now() };
  talk.change(id, { ...(trouble?.changes ?? anew), trouble: null });
  show();
  focus();
  outbox.carry();
}

function settled(id) {
  show();
  showStart(id);
}

function away(now) {
  const changes = now !== isAway;
  isAway = now;
  gone.classList.toggle("on", now);
  retry.hidden = !now;
  absence.textContent = now ? wordsOfAbsence() : "";
  if (changes) show();
}

function show() {
  const all = talk.exchanges();
  const last = all.length - 1;
  draw(log, all.flatMap((exchange, index) => pieces(exchange, acts, { last: index === last, away: isAway })));
  document.body.classList.toggle("talking", all.length > 0);
  over.hidden = all.length === 0;
  tellWhenSlow(!isAway && talk.waiting() !== undefined);
  if (all.some((one) => one.state === "deferred")) import("./later.js").then((later) => later.watch(door, talk, settled), () => {});
  document.dispatchEvent(new Event("drawn"));
}

function tellWhenSlow(waits) {
  if (!waits) {
    clearTimeout(slow);
    slow = 0;
    status.textContent = "";
  } else slow ||= setTimeout(() => (status.textContent = "NEXUS is answering"), SLOW_MS);
}

const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;

function toEnd() {
  following = true;
  scroller.scrollTop = scroller.scrollHeight;
}

// Whoever reads the end of the talk goes on doing so, but a long answer is read from its start.
function showStart(id) {
  const answer = find(`${id}-theirs`);
  if (!following || !answer || answer.offsetHeight < scroller.clientHeight) return;
  following = false;
  scroller.scrollTop = answer.offsetTop - 12;
}

// Only scrolling up means that somebody wants to look at something else: the end also moves away when a picture arrives.
function watchEnd() {
  const up = scroller.scrollTop < lastTop;
  lastTop = scroller.scrollTop;
  following = isAtEnd() || (following && !up);
  latest.hidden = following || log.children.length === 0;
}

/** Moves the focus to the field; where that would open a keyboard on the screen, to `otherwise`. */
export function focus(otherwise) {
  (fine ? text : otherwise)?.focus({ preventScroll: true });
}

function measure() {
  const length = [...text.value.trim()].length;
  const tooMuch = length - most;
  send.disabled = length === 0 || tooMuch > 0;
  hint.classList.toggle("over", tooMuch > 0);
  hint.replaceChildren(...(tooMuch > 0 ? [`Too long by ${tooMuch} characters`] : usualHint));
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

function sayTyped() {
  if (send.disabled) return;
  const words = text.value.trim();
  text.value = "";
  measure();
  say(words);
}

function startOver(choice) {
  askOver.close();
  if (choice === "stay") return;
  if (choice === "stranger") talk.setSession(null);
  talk.clear();
  show();
  focus();
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function wordsOfAbsence() {
  const who = navigator.onLine ? "NEXUS cannot be reached just now." : "You are offline.";
  const kept = isKept() ? "" : " Please keep this page open.";
  return `${who} What you write waits, and is sent later.${kept}`;
}

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  sayTyped();
});
text.addEventListener("input", measure);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sayTyped();
});
document.querySelectorAll("[data-say]").forEach((button) => button.addEventListener("click", () => say(button.dataset.say)));
latest.addEventListener("click", toEnd);
scroller.addEventListener("scroll", watchEnd, { passive: true });
const sizes = new ResizeObserver(() => {
  measure();
  if (following) toEnd();
  else watchEnd();
});
[scroller, log].forEach((element) => sizes.observe(element));
over.addEventListener("click", () => {
  askOver.showModal();
  askOver.querySelector("[value=stay]").focus(); // an autofocus would be complained about where the chat is in a frame
});
askOver.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) startOver(button.value);
});
retry.addEventListener("click", outbox.carry);
addEventListener("offline", () => away(true));
addEventListener("online", () => away(false));
talk.onChange(show);

find("unkept").hidden = isKept();
away(!navigator.onLine);
show();
following = log.children.length > 0;
measure();
log.removeAttribute("aria-busy");
outbox.carry();
document.body.dataset.ready = "yes";
