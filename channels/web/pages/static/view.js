// Draws exchanges. Whatever people and skills say becomes text nodes, never markup; only http(s) addresses become links.

/**
 * What an exchange looks like, piece by piece: {key, look, draw}. A piece whose `look` did not change need not be drawn again.
 * `acts` = {say(words), again(exchange)}; choices are offered under the `last` exchange only; `away` says that what waits is held.
 */
export function pieces(exchange, acts, { last, away }) {
  const { id, state, answered } = exchange;
  const reply = exchange.answer?.reply;
  const waits = state === "waiting";
  const found = [];
  if (exchange.text) found.push(["mine", [exchange.text, state === "failed", waits && away], () => mine(exchange, waits && away)]);
  if (waits && away) found.push(["held", [], held]);
  if (waits && !away) found.push(["typing", [], typing]);
  if (reply && !isSilent(reply)) found.push(["theirs", [reply, answered], () => theirs(reply, answered)]);
  if (state === "deferred") found.push(["working", [], working]);
  if (exchange.trouble) found.push(["trouble", [exchange.trouble], () => trouble(exchange, acts)]);
  if (last && list(reply?.choices).length) found.push(["choices", [reply.choices], () => choices(reply.choices, acts)]);
  return found.map(([name, look, draw]) => ({ key: `${id}-${name}`, look: JSON.stringify(look), draw }));
}

/** Draws the `wanted` pieces into `log`; leaves those alone that are there already, so that screen readers announce only what is new. */
export function draw(log, wanted) {
  const drawn = new Map([...log.children].map((element) => [element.id, element]));
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
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const list = (value) => (Array.isArray(value) ? value : []);
const said = (who) => make("span", { className: "unseen", textContent: who });
const bubble = (text) => make("div", { className: "bubble", dir: "auto", textContent: text });

function mine(exchange, isHeld) {
  const stuck = exchange.state === "failed" || isHeld ? " stuck" : "";
  return make("div", { className: `said mine${stuck}` }, said("You: "), bubble(exchange.text));
}

// Where a human has the conversation, NEXUS says nothing.
const isSilent = (reply) => reply.handed_over && !reply.text;

const held = () => make("p", { className: "held", textContent: "Waiting to be sent" });

function theirs(reply, at) {
  const root = make("div", { className: "said theirs" }, said("NEXUS: "));
  if (reply.text) root.append(bubble(reply.text));
  root.append(...list(reply.cards).map(card), ...list(reply.media).map(medium).filter(Boolean), clock(at));
  return root;
}

function typing() {
  const dots = make("div", { className: "bubble typing" }, make("i"), make("i"), make("i"));
  dots.setAttribute("aria-hidden", "true");
  return make("div", { className: "said theirs" }, dots);
}

function working() {
  return make("p", { className: "working" }, "Still working on the answer", typing().firstChild);
}

function clock(at) {
  const when = new Date(at);
  if (!at || Number.isNaN(when.getTime())) return "";
  const today = when.toDateString() === new Date().toDateString();
  const format = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return make("time", { dateTime: when.toISOString(), textContent: when.toLocaleString(undefined, format) });
}

function trouble(exchange, acts) {
  const root = make("p", { className: "trouble" }, make("span", { textContent: exchange.trouble.words }));
  if (exchange.trouble.again) {
    const button = make("button", { type: "button", textContent: exchange.trouble.act ?? "Try again" });
    button.addEventListener("click", () => acts.again(exchange));
    root.append(button);
  }
  return root;
}

function choices(offered, acts) {
  const root = make("ul", { className: "choices" });
  root.setAttribute("aria-label", "Answers to pick from");
  for (const choice of offered) {
    const button = make("button", { type: "button", className: "choice", dir: "auto", textContent: choice.title });
    button.addEventListener("click", () => acts.say(choice.value));
    root.append(make("li", {}, button));
  }
  return root;
}

function card(shown) {
  const inside = make("div", {}, make("h3", { dir: "auto", textContent: shown.title }));
  if (shown.text) inside.append(make("p", { dir: "auto", textContent: shown.text }));
  const url = address(shown.url);
  if (url) inside.append(link(url, url.host));
  const root = make("section", { className: "card" }, inside);
  const image = address(shown.image_url);
  if (image) root.prepend(picture(image, "", ""));
  return root;
}

function medium(shown) {
  const url = address(shown.url);
  if (!url) return shown.alt ? bubble(shown.alt) : null;
  const kind = String(shown.media_type).split("/")[0];
  if (kind === "image") return picture(url, "medium", shown.alt);
  if (kind !== "audio" && kind !== "video") return link(url, shown.alt || url.host);
  const player = make(kind, { className: "medium", src: url.href, controls: true, preload: "metadata" });
  player.setAttribute("aria-label", shown.alt || kind);
  return player;
}

function picture(url, className, alt) {
  const image = make("img", { className, alt: alt ?? "", loading: "lazy", referrerPolicy: "no-referrer", src: url.href });
  image.addEventListener("error", () => image.replaceWith(alt ? make("p", { textContent: alt }) : ""));
  return image;
}

function link(url, text) {
  return make("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", dir: "auto", textContent: text });
}

function address(text) {
  const url = typeof text === "string" && URL.canParse(text, location.href) ? new URL(text, location.href) : null;
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
}
