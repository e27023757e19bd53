"""Pages for people, by Flask: the chat app at /, the script of the widget, a page that shows it, and what belongs to them."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from channels.web.adapter import TEXT_LIMIT
from channels.web.documents import page, rules, trouble
from shared.manifest import SkillInfo

_THIS_MACHINE = re.compile(r"(?P<name>127\.0\.0\.1|localhost)(?P<port>:\d{1,5})?")
_OTHER_NAME = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}
_APP = re.compile("[a-z0-9][a-z0-9-]{0,62}")


def make_pages(skills: Sequence[SkillInfo], door: str = "/channels/web") -> Flask:
    """The Flask app. `skills` fill the welcome: what NEXUS can do here, and things to try; `door` is the path messages go to."""
    pages = Flask(__name__)
    things = to_try(skills)
    chat = page("chat.html", app="default", door=door, skills=tuple(skills), things=things, most=TEXT_LIMIT)
    pages.add_url_rule("/", "chat", lambda: chat)
    pages.add_url_rule("/widget.js", "widget", lambda: _for_everybody(pages.send_static_file("widget.js")))
    pages.add_url_rule("/widget/demo", "demo", _demo)
    pages.add_url_rule("/favicon.ico", "favicon", lambda: pages.send_static_file("favicon.svg"))
    pages.register_error_handler(HTTPException, _refused)
    pages.after_request(_secured)
    return pages


def to_try(skills: Sequence[SkillInfo], most: int = 6) -> tuple[str, ...]:
    """At most `most` examples, a first one from every skill before a second one from any."""
    rounds = zip_longest(*(skill.examples for skill in skills))
    return tuple(dict.fromkeys(example for row in rounds for example in row if example))[:most]


def _for_everybody(response: Response) -> Response:
    # Pages that isolate themselves (Cross-Origin-Embedder-Policy) load only what says that they may.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _demo() -> Response:
    """A shop with the widget in it. On a development machine it loads the widget from NEXUS' other name: a foreign origin."""
    local = _THIS_MACHINE.fullmatch(request.host)
    nexus = f"{request.scheme}://{_OTHER_NAME[local['name']]}{local['port'] or ''}" if local else ""
    app = request.args.get("app", "")
    app = app if _APP.fullmatch(app) else "default"
    response = Response(page("demo.html", nexus=nexus, app=app))
    response.headers.extend(rules(widget=nexus or "'self'"))
    return response


def _refused(error: HTTPException) -> ResponseReturnValue:
    answer = error.get_response()
    answer.data = trouble(error.code or 500)
    answer.content_type = "text/html; charset=utf-8"
    return answer


def _secured(response: Response) -> Response:
    for name, value in rules().items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-cache"
    return response
