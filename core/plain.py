"""Plain replies, where no skill has anything to say: in the words of NEXUS itself."""

from msgspec.structs import replace

from shared.locales import in_language, language_of
from shared.turn import Kind, Reply, Request, Session
from shared.wording import wording

_ATTACHED = {"image": "got_picture", "audio": "got_sound"}


def wordless(request: Request) -> Reply:
    """The answer to what says nothing."""
    if request.attachments and not request.text and request.kind is not Kind.EVENT:
        kind = request.attachments[0].media_type.partition("/")[0].lower()
        return _said(_ATTACHED.get(kind, "got_file"), request, expects_answer=True)
    if request.kind in (Kind.EVENT, Kind.ACTION):
        return _said("unknown_event", request)
    if request.kind is Kind.OPEN:
        return _said("greeting", request, expects_answer=True)
    return ask_again("out_of_scope" if request.intent else "nothing_heard", request)


def _said(key: str, request: Request, *, expects_answer: bool = False) -> Reply:
    return Reply(text=wording(key, request.locale), expects_answer=expects_answer, language=language_of(request.locale))


def ask_again(key: str, request: Request) -> Reply:
    """What the words called `key` say, and that we listen."""
    return replace(_said(key, request, expects_answer=True), reprompt=wording("out_of_scope_reprompt", request.locale))


def as_before(request: Request, session: Session) -> Request:
    """The request in the language that the person wrote in last, unless the platform heard another one."""
    if request.spoken or not session.language:
        return request
    return replace(request, locale=in_language(request.locale, session.language))
