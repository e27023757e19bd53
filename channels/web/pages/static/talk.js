// What this browser keeps of one app: the talk, how far it was read, and the visitor's session. Tabs share it; where storage is
// forbidden it lasts as long as the page.

const MOST = 200; // exchanges; older ones are dropped

/**
 * The talk with `app`. An exchange is {id, text, at, state: "waiting"|"deferred"|"answered"|"failed", answer?, answered?, trouble?};
 * `answered` is when its outcome was known, `at` when it was said (both in milliseconds). A deferred one is answered by an exchange
 * of its own, without a text.
 */
export function openTalk(app) {
  const space = app === "default" ? "nexus" : `nexus.${app}`;
  const [TALK, SEEN, SESSION] = ["talk", "seen", "session"].map((name) => `${space}.${name}.1`);
  const here = new Map(); // what the browser would not store

  function read(key) {
    try {
      return JSON.parse((here.has(key) ? here.get(key) : localStorage.getItem(key)) ?? "null");
    } catch {
      return null; // storage is forbidden, or holds something that is not ours
    }
  }

  function write(key, value) {
    const text = JSON.stringify(value);
    try {
      localStorage.setItem(key, text);
      here.delete(key);
      return true;
    } catch {
      here.set(key, text);
      return false; // full or forbidden
    }
  }

  function drop(key) {
    here.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      here.set(key, "null");
    }
  }

  function keep(all) {
    for (let most = MOST; !write(TALK, all.slice(-most)) && most > 10; most = Math.floor(most / 2));
  }

  /** The exchanges, oldest first. */
  function exchanges() {
    const kept = read(TALK);
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.id === "string" && typeof one?.text === "string") : [];
  }

  /** Appends an exchange. */
  function add(exchange) {
    keep([...exchanges(), exchange]);
  }

  /** Changes the exchange `id` and returns it; undefined if it was cleared away meanwhile. */
  function change(id, changes) {
    const all = exchanges();
    const at = all.findIndex((one) => one.id === id);
    if (at < 0) return undefined;
    all[at] = { ...all[at], ...changes };
    keep(all);
    return all[at];
  }

  /** The exchange that waits for its answer longest, or undefined. */
  const waiting = () => exchanges().find((one) => one.state === "waiting");

  /** Forgets what was said, on this browser. */
  const clear = () => [TALK, SEEN].forEach(drop);

  /** How many exchanges came to an end since somebody looked. */
  function unread() {
    const seen = Number(read(SEEN)) || 0;
    return exchanges().filter((one) => one.answered > seen).length;
  }

  /** Somebody looks at the talk now. */
  function see() {
    if (unread() > 0) write(SEEN, Date.now());
  }

  /** The visitor's session {token, visitor, expires_at}, or null. */
  function session() {
    const kept = read(SESSION);
    return typeof kept?.token === "string" ? kept : null;
  }

  /** Keeps the session, or forgets it (null). */
  function setSession(opened) {
    if (opened) write(SESSION, opened);
    else drop(SESSION);
  }

  /** Calls `then` when another tab changed the talk. */
  function onChange(then) {
    addEventListener("storage", (event) => {
      if ([TALK, SEEN, null].includes(event.key)) then();
    });
  }

  return { exchanges, add, change, waiting, clear, unread, see, session, setSession, onChange };
}

/** Whether this browser keeps anything for us beyond the life of the page. */
export function isKept() {
  try {
    localStorage.setItem("nexus.probe", "");
    localStorage.removeItem("nexus.probe");
    return true;
  } catch {
    return false;
  }
}
