// Fetches answers that were not ready in time. NEXUS has said so, and goes on making them; they are asked for while somebody may look
// at the page, ever more rarely, until they are there or it took too long. What is fetched is kept in the talk, so it outlives a
// reload; another tab may be quicker.

import { Trouble } from "./door.js";

const FIRST_MS = 1_000;
const LATEST_MS = 10_000;
const PATIENCE_MS = 4 * 60_000;

/** Watches the deferred exchanges of `talk`: `settled(id)` is called when one came to its end. */
export function openLater(door, talk, settled) {
  let asking = false;
  let pause = FIRST_MS;
  let timer = 0;

  const deferred = () => talk.exchanges().filter((one) => one.state === "deferred");

  /** Looks soon whether what is missing is there, and goes on looking. */
  function watch() {
    pause = FIRST_MS;
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (document.visibilityState !== "visible" || deferred().length === 0) return;
    timer = setTimeout(look, pause * (0.75 + Math.random() / 2));
  }

  async function look() {
    if (asking) return;
    asking = true;
    for (const exchange of deferred()) await fetch(exchange);
    asking = false;
    pause = Math.min(pause * 1.5, LATEST_MS);
    plan();
  }

  async function fetch({ id, since }) {
    const changes = await outcomeOf(id, since);
    const now = talk.exchanges().find((one) => one.id === id);
    if (!changes || now?.state !== "deferred") return;
    talk.change(id, changes);
    settled(id);
  }

  async function outcomeOf(id, since) {
    try {
      const answer = await door.find(id);
      if (answer) return endedWith(answer, id);
    } catch (error) {
      if (!(error instanceof Trouble)) console.error(error);
      if (error.kind === "lost" || error.kind === "not_authentic") return ended(error);
    }
    return Date.now() - since > PATIENCE_MS ? ended(new Trouble("late", "look")) : null;
  }

  // Who said "go on" meanwhile may have heard it already.
  function endedWith(answer, id) {
    if (answer.outcome === "failed" || !answer.reply) return ended(new Trouble("failed", "new"));
    const all = talk.exchanges();
    const after = all.slice(all.findIndex((one) => one.id === id) + 1);
    const known = answer.reply.text && after.some((one) => one.answer?.reply?.text?.includes(answer.reply.text));
    return known ? { state: "answered" } : { state: "answered", later: answer, came: Date.now() };
  }

  document.addEventListener("visibilitychange", watch);
  addEventListener("online", watch);
  return { watch };
}

const ended = ({ words, again }) => ({ state: "answered", came: Date.now(), trouble: { words, again } });
