"""SSML as Alexa reads it, for the twin: what is wrong with a document, and the words that are heard.

https://developer.amazon.com/docs/custom-skills/speech-synthesis-markup-language-ssml-reference.html
"""

import re
from xml.parsers import expat

MAX_AUDIO = 5  # clips in one answer

_ATTRIBUTES: dict[str, set[str]] = {
    "speak": set(),
    "amazon:domain": {"name"},
    "amazon:effect": {"name", "phonation", "vocal-tract-length"},
    "amazon:emotion": {"name", "intensity"},
    "alexa:name": {"type", "personId"},
    "audio": {"src"},
    "break": {"strength", "time"},
    "emphasis": {"level"},
    "lang": {"xml:lang"},
    "p": set(),
    "phoneme": {"alphabet", "ph"},
    "prosody": {"rate", "pitch", "volume"},
    "s": set(),
    "say-as": {"interpret-as", "format"},
    "sub": {"alias"},
    "voice": {"name"},
    "w": {"role"},
}
_PAUSES = {"p", "s", "break"}


class _Reader:
    """Reads one document: `faults` in words, `heard` as pieces of text, `clips` as addresses."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.heard: list[str] = []
        self._depth = 0
        self.clips: list[str] = []
        self._aliases = 0  # how many elements that are spoken as something else are open

    def read(self, ssml: str) -> None:
        """Read all of it; what cannot be read ends the reading."""
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = self._text, self._doctype
        try:
            parser.Parse(ssml.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            self.faults.append(f"the SSML is not well-formed: {error}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and name != "speak":
            self.faults.append(f"the SSML starts with <{name}>, not with <speak>")
        self._depth += 1
        allowed = _ATTRIBUTES.get(name)
        if allowed is None or (name == "speak" and self._depth > 1):
            self.faults.append(f"<{name}> is no SSML that Alexa speaks")
            return
        self.faults += [f"<{name}> has no attribute {one}" for one in attributes if one not in allowed]
        if name == "audio":
            self._clip(attributes.get("src", ""))
        if name in _PAUSES:
            self.heard.append(" ")
        if name == "sub":
            self.heard.append(attributes.get("alias", ""))
            self._aliases += 1

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._aliases -= name == "sub"
        if name in _PAUSES:
            self.heard.append(" ")

    def _text(self, text: str) -> None:
        if not self._aliases:
            self.heard.append(text)

    def _clip(self, source: str) -> None:
        self.clips.append(source)
        if any(one.isspace() for one in source):
            self.faults.append("the address of an <audio> has white space in it")
        if not source.startswith(("https://", "soundbank://")):
            self.faults.append("<audio> needs an https or soundbank address")
        if len(self.clips) == MAX_AUDIO + 1:
            self.faults.append(f"an answer plays at most {MAX_AUDIO} audio clips")

    def _doctype(self, *_: object) -> None:
        raise expat.ExpatError("a document type has no place in it")


def ssml_faults(ssml: str) -> list[str]:
    """What Alexa would not speak in a whole document, <speak> included."""
    reader = _Reader()
    reader.read(ssml)
    return reader.faults


def ssml_clips(ssml: str) -> list[str]:
    """The addresses of the sounds that are played."""
    reader = _Reader()
    reader.read(ssml)
    return reader.clips


def ssml_words(ssml: str) -> str:
    """The words that are heard."""
    reader = _Reader()
    reader.read(ssml)
    return re.sub(" {2,}", " ", "".join(reader.heard)).strip()
