"""Pages for people, by Flask: the chat app at / and what belongs to it."""

from collections.abc import Sequence
from itertools import zip_longest

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from channels.web.adapter import TEXT_LIMIT
from shared.skill import SkillInfo

# Everything comes from here; pictures and sound that a reply refers to may come from elsewhere, over https. Scripts cannot turn
# text into markup (trusted types), so what people and skills say stays text.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https:; "
    "media-src 'self' https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # not no-referrer: browsers then may hide the Origin that the door asks for
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_WORDS = {
    404: ("There is nothing here", "The address may be mistyped, or the page may have moved."),
    405: ("That does not work here", "This page can be looked at, and nothing else."),
}
_SORRY = ("Something went wrong", "It is not your fault. Please try again in a moment.")


def make_pages(skills: Sequence[SkillInfo], door: str = "/channels/web") -> Flask:
    """The Flask app. `skills` fill the welcome: what NEXUS can do here, and things to try; `door` is the path messages go to."""
    pages = Flask(__name__)
    welcome = {"door": door, "skills": tuple(skills), "things": to_try(skills), "most": TEXT_LIMIT}
    pages.add_url_rule("/", "chat", lambda: render_template("chat.html", **welcome))
    pages.add_url_rule("/favicon.ico", "favicon", lambda: pages.send_static_file("favicon.svg"))
    pages.register_error_handler(HTTPException, _refused)
    pages.after_request(_secured)
    return pages


def to_try(skills: Sequence[SkillInfo], most: int = 6) -> tuple[str, ...]:
    """At most `most` examples, a first one from every skill before a second one from any."""
    rounds = zip_longest(*(skill.examples for skill in skills))
    return tuple(dict.fromkeys(example for row in rounds for example in row if example))[:most]


def _refused(error: HTTPException) -> ResponseReturnValue:
    title, words = _WORDS.get(error.code or 500, _SORRY)
    answer = error.get_response()
    answer.data = render_template("error.html", code=error.code, title=title, words=words)
    answer.content_type = "text/html; charset=utf-8"
    return answer


def _secured(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-cache"
    return response
