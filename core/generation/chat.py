"""A model's own chat template, rendered as transformers renders it, in jinja2's sandbox.

A template comes with the model, so it may be anybody's: it reads the messages and nothing else. What is said in a chat is
data: a control token spelled out in it ("<|im_end|>") is broken up, so that nobody can end their turn and begin another's.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import jinja2
import msgspec
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.generation.layout import TEMPLATE, TOKENIZER_CONFIG, read_bounded
from shared.errors import Malformed, ModelInvalid
from shared.generating import ChatMessage


class ChatTemplate:
    """Makes one text of the messages of a chat."""

    def __init__(self, source: str, special: Iterable[str], names: dict[str, str]) -> None:
        """`special`: the model's control tokens; `names`: those that templates call by name (`bos_token` …).

        Raises ModelInvalid where the template does not compile.
        """
        self._special = sorted((token for token in special if token), key=len, reverse=True)
        self._names = names
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols], autoescape=False
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = _now
        try:
            self._template = environment.from_string(source)
        except jinja2.TemplateError as error:
            raise ModelInvalid(f"the chat template does not compile: {error}") from error

    def render(self, messages: Sequence[ChatMessage], *, answer: bool = True) -> str:
        """The text of a chat; with `answer`, up to where the assistant's answer begins. Raises Malformed where it does not fit.

        Templates differ in what they take: some know no system message, some want roles to take turns.
        """
        said = [{"role": one.role, "content": self.harmless(one.content)} for one in messages]
        try:
            return self._template.render(messages=said, add_generation_prompt=answer, **self._names)
        except (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise Malformed(f"these messages do not fit the model's chat template: {type(error).__name__}") from error

    def harmless(self, text: str) -> str:
        """`text` with every control token in it broken up by a space."""
        for token in self._special:
            while token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}" if len(token) > 1 else "")
        return text


def read_template(folder: Path, special: Iterable[str]) -> ChatTemplate:
    """The chat template of a model folder: chat_template.jinja, else the one in tokenizer_config.json. Raises ModelInvalid."""
    config = _tokenizer_config(folder)
    names = {name: _spelled(config.get(name)) for name in ("bos_token", "eos_token", "unk_token", "pad_token")}
    if (folder / TEMPLATE).is_file():
        source = read_bounded(folder / TEMPLATE).decode("utf-8", "replace")
    else:
        source = _named_template(config.get("chat_template"))
    if not source:
        raise ModelInvalid(f"{folder} holds no chat template, in {TEMPLATE} or {TOKENIZER_CONFIG}: is it a chat model?")
    return ChatTemplate(source, special, names)


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / TOKENIZER_CONFIG
    if not path.is_file():
        return {}
    try:
        return msgspec.json.decode(read_bounded(path), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ModelInvalid(f"{path} cannot be read: {error}") from error


def _named_template(found: object) -> str:
    """A model may carry several templates by name; the default one counts."""
    if isinstance(found, list):
        named = {one.get("name"): one.get("template") for one in found if isinstance(one, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else ""


def _spelled(token: object) -> str:
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else ""


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)  # jinja2's own escapes for HTML


def _refuse(text: str) -> NoReturn:
    raise jinja2.TemplateError(text)


def _now(form: str) -> str:
    return datetime.now(UTC).strftime(form)
