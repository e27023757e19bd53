// Fetches answers that were not ready in time. NEXUS has said so, and goes on making them; they are asked for while somebody may look
// at the page, ever more rarely, until they are there or it took too long. It is loaded when there is something to fetch. What is
// fetched is kept in the talk, so it outlives a reload; another tab may be quicker.

const FIRST_MS = 1_000;
const LATEST_MS = 10_000;
const PATIENCE_MS = 4 * 60_000;
const NOT_YET = { words: "The answer is not there yet.", again: "look", act: "Look again", changes: { state: "deferred", since: null } };
const LOST = { words: "This answer got lost. Please ask again.", again: "new" };

let watching = null;

/**
 * Looks soon whether what `talk` waits for is there, and goes on looking: `settled(id)` is called when something came to its end, with
 * the id of the exchange to look at.
 */
export function watch(door, talk, settled) {
  watching ??= open(door, talk, settled);
  watching();
}

function open(door, talk, settled) {
  let asking = false;
  let pause = FIRST_MS;
  let timer = 0;

  const deferred = () => talk.exchanges().filter((one) => one.state === "deferred");

  function start() {
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
    const found = await outcomeOf(id);
    const trouble = found?.reply ? null : (found ?? tooLong(id, since));
    if (!deferred().some((one) => one.id === id) || !(found || trouble)) return;
    talk.change(id, { state: "answered", trouble });
    settled(trouble ? id : keep(id, found));
  }

  // The answer; the trouble where there will be none; null where nobody knows yet.
  async function outcomeOf(id) {
    try {
      const response = await door.look(id);
      if (response.status === 404 || response.status === 401) return LOST; // somebody else said it
      const answer = await response.json();
      if (answer.outcome === "failed") return LOST;
      return answer.reply && ["answered", "refused"].includes(answer.outcome) ? answer : null;
    } catch {
      return null; // out of reach, or not to be read: next time
    }
  }

  function tooLong(id, since) {
    if (!since) talk.change(id, { since: Date.now() });
    return since && Date.now() - since > PATIENCE_MS ? NOT_YET : null;
  }

  // Whoever said "go on" meanwhile may have heard it already.
  function keep(id, answer) {
    const all = talk.exchanges();
    const after = all.slice(all.findIndex((one) => one.id === id) + 1);
    const text = answer.reply.text;
    const key = `${id}-later`;
    const known = after.some((one) => one.id === key || (text && one.answer?.reply?.text?.includes(text)));
    if (!known) talk.add({ id: key, text: "", at: Date.now(), state: "answered", answer, answered: Date.now() });
    return key;
  }

  document.addEventListener("visibilitychange", start);
  addEventListener("online", start);
  return start;
}
