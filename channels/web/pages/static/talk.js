// What this browser keeps: the talk and the visitor's session. Tabs share it; without storage it lasts as long as the page.

const TALK = "nexus.talk.1";
const SESSION = "nexus.session.1";
const MOST = 200; // exchanges; older ones are dropped

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

/** The exchanges, oldest first: {id, text, at, state: "waiting"|"answered"|"failed", answer?, answered?, trouble?}. */
export function exchanges() {
  const kept = read(TALK);
  return Array.isArray(kept) ? kept.filter((one) => typeof one?.id === "string" && typeof one?.text === "string") : [];
}

function keep(all) {
  for (let most = MOST; !write(TALK, all.slice(-most)) && most > 10; most = Math.floor(most / 2));
}

/** Appends an exchange. */
export function add(exchange) {
  keep([...exchanges(), exchange]);
}

/** Changes the exchange `id` and returns it; undefined if it was cleared away meanwhile. */
export function change(id, changes) {
  const all = exchanges();
  const at = all.findIndex((one) => one.id === id);
  if (at < 0) return undefined;
  all[at] = { ...all[at], ...changes };
  keep(all);
  return all[at];
}

/** Forgets what was said, on this browser. */
export function clear() {
  drop(TALK);
}

/** The visitor's session {token, visitor, expires_at}, or null. */
export function session() {
  const kept = read(SESSION);
  return typeof kept?.token === "string" ? kept : null;
}

/** Keeps the session, or forgets it (null). */
export function setSession(session) {
  if (session) write(SESSION, session);
  else drop(SESSION);
}

/** Calls `then` when another tab changed the talk. */
export function onChange(then) {
  addEventListener("storage", (event) => {
    if (event.key === TALK || event.key === null) then();
  });
}
