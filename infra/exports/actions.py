"""An Actions Builder project as `gactions push` takes it. The files hold JSON, which YAML readers take for YAML.

Intents and types are of the shape of google.actions.sdk.v2.interactionmodel.Intent and Type. The first locale is the
project's; others lie in folders of their names. Yours to fill in: `projectId` in the settings, and the webhook's address.
https://developers.google.com/assistant/actionssdk/reference/rest/Shared.Types/Intent
"""

import re
from collections.abc import Sequence
from typing import Any

from infra.exports.google import NAME, phrases
from infra.exports.names import plain
from infra.exports.source import (
    Chosen,
    Export,
    Json,
    LeftOut,
    Losses,
    Meaning,
    fitting,
    language_of,
    meanings,
    unclaimed,
)

TYPES = {
    "number": "actions.type.Number",
    "date": "actions.type.Date",
    "time": "actions.type.Time",
    "datetime": "actions.type.DateTime",
}
"""Google's own type for one of ours. Those that it has none for are any words."""

WORDS, HANDLER, SCENE = "nexus_words", "nexus", "Main"
_ADDRESS = "https://nexus.example.org/channels/google"
_HEARD = [f"actions.intent.{kind}_{turn}" for kind in ("NO_MATCH", "NO_INPUT") for turn in ("1", "2", "FINAL")]
_ASK: Json = {"handler": {"webhookHandler": HANDLER}}
_WANTED = "letters, digits and underscores, a letter first"
_SIGNS = re.compile(r"[()$\\]")


def export(chosen: Chosen, locales: Sequence[str]) -> Export:
    """Custom intents, types, a global for every intent that asks NEXUS' webhook, and what a project needs around them."""
    losses: Losses = []
    files = _frame(locales[0])
    for place, locale in enumerate(locales):
        folder = f"{locale}/" if place else ""
        found = unclaimed(chosen, meanings(chosen, locale, losses), losses)
        for meaning in (fitting(one, NAME, _WANTED, losses) for one in found):
            _add_intent(files, meaning, folder, losses)
        _add_types(files, chosen, locale, folder, losses)
    return Export(files, tuple(losses))


def _frame(locale: str) -> dict[str, Any]:
    """What channels/google/README.md says of a project: one scene, in which NEXUS hears all that no intent is for."""
    return {
        "manifest.yaml": {"version": "1.0"},
        "settings/settings.yaml": {"defaultLocale": locale, "category": "UTILITY"},
        f"webhooks/{HANDLER}.yaml": {"handlers": [{"name": HANDLER}], "httpsEndpoint": {"baseUrl": _ADDRESS}},
        "custom/global/actions.intent.MAIN.yaml": {**_ASK, "transitionToScene": SCENE},
        f"custom/scenes/{SCENE}.yaml": {"intentEvents": [{"intent": intent, **_ASK} for intent in _HEARD]},
        f"custom/types/{WORDS}.yaml": {"freeText": {}},
    }


def _add_intent(files: dict[str, Any], meaning: Meaning, folder: str, losses: Losses) -> None:
    """The intent, and Google's own ones that mean the same; in another language its phrases alone."""
    name = plain(meaning.intent)
    said = [text for parts in phrases(meaning, losses) if (text := _phrase(meaning, parts, losses))]
    parameters = [{"name": slot, "type": {"name": _type(meaning, slot)}} for slot in meaning.spec.slots]
    declared = {"parameters": parameters} if parameters and not folder else {}
    files[f"custom/intents/{folder}{name}.yaml"] = {**declared, "trainingPhrases": said}
    system = [one for one in meaning.spec.platform if one.startswith("actions.intent.")]
    for one in (name, *system):
        files[f"custom/global/{one}.yaml"] = _ASK


def _phrase(meaning: Meaning, parts: Sequence[tuple[str, str]], losses: Losses) -> str:
    """`throw ($count 'two' auto=false) dice`; "" for one with signs that this form needs for itself."""
    whole = "".join(text for text, _ in parts)
    if sign := _SIGNS.search(whole):
        losses.append(meaning.lost(repr(whole), f"{sign[0]!r} means something else in a training phrase"))
        return ""
    return "".join(_annotated(text, slot) if slot else text for text, slot in parts)


def _annotated(text: str, slot: str) -> str:
    quoted = text.replace("'", "\\'")
    return f"(${slot} '{quoted}' auto=false)"


def _type(meaning: Meaning, slot: str) -> str:
    type_ = meaning.spec.slots[slot].type
    if meaning.values(slot) and NAME.fullmatch(plain(f"{meaning.skill}_{type_}")):
        return plain(f"{meaning.skill}_{type_}")
    return TYPES.get(type_, WORDS)


def _add_types(files: dict[str, Any], chosen: Chosen, locale: str, folder: str, losses: Losses) -> None:
    for skill, name, is_open, values in chosen.type_values(language_of(locale)):
        called = plain(f"{skill}_{name}")
        if NAME.fullmatch(called):
            files[f"custom/types/{folder}{called}.yaml"] = _list(is_open, values)
        else:
            losses.append(LeftOut(skill, "", f"types.{name}", f"a name is made of {_WANTED}"))


def _list(is_open: bool, values: dict[str, tuple[str, ...]]) -> Json:
    entities = {value: {"synonyms": list(dict.fromkeys((value, *words)))} for value, words in values.items()}
    return {"synonym": {"matchType": "FUZZY_MATCH", "acceptUnknownValues": is_open, "entities": entities}}
