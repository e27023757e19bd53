"""The documents of the web chat: made from templates, each with the rules that browsers hold it to."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from shared.channel import WireReply
from shared.errors import NexusError
from shared.problem import Headers, problem

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages" / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_WORDS = {
    404: ("There is nothing here", "The address may be mistyped, or the page may have moved."),
    405: ("That does not work here", "This page can be looked at, and nothing else."),
    429: ("That was a lot at once", "Please wait a moment, and look again."),
    503: (
        "Nobody is at the door",
        "This chat is not open just now. Whoever runs it finds out more with “nexus doctor”.",
    ),
}
_SORRY = ("Something went wrong", "It is not your fault. Please try again in a moment.")
_NOBODY = "'none'"
_NO_CACHE = ((b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-cache"))

# Pages that isolate themselves frame only what does so too; and pictures from elsewhere are asked for without cookies.
_ISOLATED = {
    "Cross-Origin-Embedder-Policy": "credentialless",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def page(template: str, **values: object) -> str:
    """The HTML of a template; what `values` say becomes text."""
    return _TEMPLATES.get_template(template).render(**values)


def trouble(status: int) -> str:
    """The page that says in words what an HTTP status means."""
    title, words = _WORDS.get(status, _SORRY)
    return page("error.html", code=status, title=title, words=words)


def rules(ancestors: Iterable[str] = (), widget: str | None = None) -> dict[str, str]:
    """The headers that every document carries. `ancestors` alone may frame it; `widget` is the origin whose widget it shows.

    Everything comes from here; pictures and sound that a reply refers to may come from elsewhere, over https. Scripts cannot
    turn text into markup (trusted types), so what people and skills say stays text.
    """
    framed = " ".join(ancestors) or _NOBODY  # a policy without the directive would let everybody
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(dict.fromkeys(filter(None, ("'self'", widget)))),
        "style-src": "'self'",
        "connect-src": "'self'",
        "frame-src": widget,
        "img-src": "'self' https:",
        "media-src": "'self' https:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": framed,
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items() if value),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # not no-referrer: browsers then may hide the Origin that the door asks for
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    # Of old browsers, which do not know frame-ancestors.
    return headers if framed != _NOBODY else {**headers, "X-Frame-Options": "DENY"}


def frame(app: str, door: str, origins: Iterable[str], most: int) -> WireReply:
    """The document inside the widget: a chat with `app` through the door at the path `door`, for pages of `origins` alone.

    `most` is how many characters a message may have.
    """
    known = sorted(origins)
    html = page("frame.html", app=app, door=door, origins=known, most=most)
    return WireReply(200, (*_NO_CACHE, *_lines(rules(known) | _ISOLATED)), html.encode())


def turned_away(error: NexusError) -> WireReply:
    """What stands in place of a document where there is none to show. Nobody may frame it."""
    status, headers, _ = problem(error)
    more = tuple((name, value) for name, value in headers if name in (b"allow", b"retry-after"))
    return WireReply(status, (*_NO_CACHE, *_lines(rules()), *more), trouble(status).encode())


def _lines(headers: Mapping[str, str]) -> Headers:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
