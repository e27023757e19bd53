// The chat: what a person does becomes exchanges, exchanges go to the door one after the other, answers come back into the talk.

import { openDoor, Trouble } from "./door.js";
import * as talk from "./talk.js";
import { pieces } from "./view.js";

const find = (id) => document.getElementById(id);
const [log, scroller, text, send, hint] = ["log", "scroll", "text", "send", "hint"].map(find);
const [status, latest, over, askOver] = ["status", "latest", "over", "ask-over"].map(find);
const most = Number(document.body.dataset.most);
const usualHint = [...hint.childNodes];
const door = openDoor(document.body.dataset.door);
const fine = matchMedia("(pointer: fine)").matches;
const acts = { say, again };

let following = false; // whether the end of the talk stays in view as it grows
let lastTop = 0;
let queue = Promise.resolve(); // messages go out one by one, so that they arrive in the order they were said

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function say(words) {
  const exchange = { id: newId(), text: words, at: Date.now(), state: "waiting" };
  talk.add(exchange);
  show();
  toEnd();
  focusField();
  carry(exchange);
}

function again(exchange) {
  const id = exchange.trouble?.again === "new" ? newId() : exchange.id;
  const changed = talk.change(exchange.id, { id, state: "waiting", trouble: null, answer: null, at: Date.now() });
  show();
  focusField();
  if (changed) carry(changed);
}

function carry({ id, text: words }) {
  queue = queue.then(async () => {
    const waiting = setTimeout(() => (status.textContent = "NEXUS is answering"), 1500);
    const changes = await answerTo(words, id);
    clearTimeout(waiting);
    status.textContent = "";
    talk.change(id, changes);
    show();
    showStart(id);
  });
}

async function answerTo(words, id) {
  try {
    const answer = await door.ask(words, id);
    const failed = answer.outcome === "failed";
    const trouble = failed || !answer.reply ? new Trouble("failed", "new") : null;
    return { state: trouble ? "failed" : "answered", answer, answered: Date.now(), trouble: plain(trouble) };
  } catch (error) {
    const trouble = error instanceof Trouble ? error : new Trouble("failed", "same");
    if (trouble !== error) console.error(error);
    return { state: "failed", trouble: plain(trouble) };
  }
}

const plain = (trouble) => trouble && { words: trouble.words, again: trouble.again };

// Draws what changed and leaves the rest alone, so that screen readers announce only what is new.
function show() {
  const all = talk.exchanges();
  const drawn = new Map([...log.children].map((element) => [element.id, element]));
  const wanted = all.flatMap((exchange, index) => pieces(exchange, acts, index === all.length - 1));
  const elements = wanted.map((piece) => {
    const old = drawn.get(piece.key);
    if (old?.look === piece.look) return old;
    const element = Object.assign(piece.draw(), { look: piece.look });
    element.id = piece.key;
    return element;
  });
  const staying = new Set(elements);
  [...log.children].filter((element) => !staying.has(element)).forEach((element) => element.remove());
  elements.forEach((element, index) => log.children[index] === element || log.insertBefore(element, log.children[index] ?? null));
  document.body.classList.toggle("talking", all.length > 0);
  over.hidden = all.length === 0;
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

function focusField() {
  if (fine) text.focus({ preventScroll: true });
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
  focusField();
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
const sizes = new ResizeObserver(() => (following ? toEnd() : watchEnd()));
[scroller, log].forEach((element) => sizes.observe(element));
over.addEventListener("click", () => askOver.showModal());
askOver.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) startOver(button.value);
});
talk.onChange(show);

show();
following = log.children.length > 0;
measure();
focusField();
log.removeAttribute("aria-busy");
talk.exchanges().filter((one) => one.state === "waiting").forEach(carry);
document.body.dataset.ready = "yes";
