// Carries waiting messages to the door, one after the other, in the order they were said. What waits is kept in the talk, so it
// outlives a reload; a message keeps its id, so NEXUS answers it once however often it is tried.

import { Trouble } from "./door.js";

const SOON_MS = 1_000;
const LATEST_MS = 30_000;

/** The outbox of `talk`: `settled(id)` is called when an exchange came to its end, `away(is)` when the door got out of reach or back. */
export function openOutbox(door, talk, { settled, away }) {
  let carrying = false;
  let pause = SOON_MS;
  let timer = 0;

  /** Sends what waits. While the door is out of reach, goes on trying. */
  async function carry() {
    if (carrying) return;
    carrying = true;
    clearTimeout(timer);
    let next = talk.waiting();
    while (next && (await attempt(next))) next = talk.waiting();
    carrying = false;
    if (next) later();
  }

  async function attempt({ id, text }) {
    const changes = await answerTo(text, id);
    away(changes === null);
    if (changes === null) return false;
    pause = SOON_MS;
    talk.change(id, changes);
    settled(id);
    return true;
  }

  async function answerTo(text, id) {
    try {
      const answer = await door.ask(text, id);
      if (answer.outcome === "deferred") return { state: "deferred", answer, answered: Date.now() };
      const failed = answer.outcome === "failed" || !answer.reply;
      return ended(answer, failed ? new Trouble("failed", "new") : null);
    } catch (error) {
      if (error.kind === "unreachable") return null;
      const trouble = error instanceof Trouble ? error : new Trouble("failed", "same");
      if (trouble !== error) console.error(error);
      return ended(null, trouble);
    }
  }

  // Not all at once when NEXUS comes back to many.
  function later() {
    timer = setTimeout(carry, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LATEST_MS);
  }

  addEventListener("online", carry);
  return { carry };
}

function ended(answer, trouble) {
  const told = trouble && { words: trouble.words, again: trouble.again };
  return { state: trouble ? "failed" : "answered", answer, answered: Date.now(), trouble: told };
}
