// Talks to the door. A message keeps its id over every try, so that NEXUS answers it once however often it is sent.

const PATIENCE_MS = 15_000; // one try
const RENEW_S = 15 * 24 * 3600; // a session with less left than this is renewed
const TRIES = 8;
const WORDS = {
  unreachable: "NEXUS cannot be reached.",
  slow: "That took too long.",
  busy: "That was a lot at once. Please wait a moment.",
  unavailable: "NEXUS cannot answer just now.",
  malformed: "NEXUS could not read this message.",
  body_too_large: "This message is too long.",
  not_authentic: "NEXUS does not accept messages from this address; whoever runs it can allow it.",
  failed: "NEXUS could not answer this.",
};

/**
 * Something went wrong. `kind` tells what, `words` are for the person, `again` says how to try again: the "same" message, as a
 * "new" one, or null.
 */
export class Trouble extends Error {
  constructor(kind, again) {
    super(WORDS[kind] ?? WORDS.failed);
    this.kind = kind;
    this.words = this.message;
    this.again = again;
  }
}

/**
 * The door at `path` for the visitor of `talk`: `ask(text, id)` gives the answer (as /v1/messages does) or rejects with Trouble;
 * `look(id)` gives the response to asking for it again.
 */
export function openDoor(path, talk) {
  let opening = null;

  async function token(fresh) {
    const kept = talk.session();
    const left = (kept?.expires_at ?? 0) - Date.now() / 1000;
    if (kept && !fresh && left > RENEW_S) return kept.token;
    opening ??= open(kept?.token).finally(() => (opening = null));
    return (await opening).token;
  }

  async function open(old) {
    const response = await post(`${path}/session`, null, old);
    if (!response.ok) throw await refusal(response);
    const opened = await json(response);
    talk.setSession(opened);
    return opened;
  }

  async function ask(text, id) {
    let fresh = false;
    for (let tries = 1; ; tries += 1) {
      const response = await post(path, { text, message_id: id }, await token(fresh));
      if (isProblem(response)) {
        if (tries >= TRIES || !worthAnother(response, fresh, tries)) throw await refusal(response);
        fresh = response.status === 401;
      } else {
        const answer = await json(response);
        if (answer.outcome !== "running") return answer;
        if (tries >= TRIES) throw new Trouble("slow", "same");
      }
      if (!fresh) await pause(response, tries);
    }
  }

  return { ask, look: async (id) => request("GET", `${path}/messages/${id}`, null, await token()) };
}

const post = (...message) => request("POST", ...message);

async function request(method, path, body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const options = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  try {
    return await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw new Trouble(error.name === "TimeoutError" ? "slow" : "unreachable", "same");
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    const kinds = { TimeoutError: "slow", SyntaxError: "unavailable" };
    throw new Trouble(kinds[error.name] ?? "unreachable", "same");
  }
}

const isProblem = (response) => !(response.headers.get("Content-Type") ?? "").startsWith("application/json");

// A lost session is opened anew once; a crowd or a restart passes by itself, but a person should not wait in the dark for long.
function worthAnother(response, fresh, tries) {
  if (response.status === 401) return !fresh;
  return (response.status === 429 || response.status === 503) && tries < 3;
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401) return new Trouble("not_authentic", "same");
  if (response.status === 429) return new Trouble("busy", "same");
  if (response.status >= 500) return new Trouble("unavailable", "same");
  return new Trouble(problem.code, "new");
}

function pause(response, tries) {
  const asked = Number(response.headers.get("Retry-After")) || 0.5 * tries;
  return new Promise((go) => setTimeout(go, Math.min(asked, 5) * 1000));
}
