"""Intents as tools that a language model may call: a name, what it is for, and its slots as a JSON Schema (2020-12).

https://spec.openapis.org/oas/v3.1.0#schema-object
"""

import re
from collections.abc import Sequence

from infra.exports.names import plain
from infra.exports.source import Chosen, Export, Json, Losses, Meaning, fitting, meanings, unclaimed

TYPES: dict[str, Json] = {
    "number": {"type": "number"},
    "ordinal": {"type": "integer", "minimum": 1},
    "percentage": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "format": "duration"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
    "boolean": {"type": "boolean"},
}
"""The schema of a type of value; of those that are missing, a text."""

MAX_NAME = 64  # characters, of letters, digits and underscores
EXAMPLES = 3
_NAME = re.compile(r"\w+", re.ASCII)


def export(chosen: Chosen, locales: Sequence[str]) -> Export:
    """`tools.LOCALE.json` for each locale: {"tools": [{"name", "description", "parameters"}]}."""
    losses: Losses = []
    files = {}
    for locale in locales:
        found = unclaimed(chosen, meanings(chosen, locale, losses), losses)
        fit = [fitting(one, _NAME, "letters, digits and underscores", losses) for one in found]
        long = [one for one in fit if len(plain(one.intent)) > MAX_NAME]
        losses += [one.lost("", f"a name has {MAX_NAME} characters at most") for one in long]
        files[f"tools.{locale}.json"] = {"tools": [_tool(one) for one in fit if one not in long]}
    return Export(files, tuple(losses))


def _tool(meaning: Meaning) -> Json:
    slots = meaning.spec.slots
    asks = " The person is asked to agree before it is done." if meaning.spec.confirm else ""
    parameters = {
        "type": "object",
        "properties": {slot: _schema(meaning, slot) for slot in slots},
        "required": [slot for slot, spec in slots.items() if spec.required],
        "additionalProperties": False,
    }
    return {"name": plain(meaning.intent), "description": meaning.spec.summary + asks, "parameters": parameters}


def _schema(meaning: Meaning, slot: str) -> Json:
    """A slot: what would be asked for it describes it; a closed list has its values, all else examples."""
    spec, values = meaning.spec.slots[slot], meaning.values(slot)
    described = next(iter(meaning.prompts(slot)), f"{slot.replace('_', ' ')} ({spec.type})")
    is_closed = bool(values) and not meaning.is_open(slot)
    examples = list(values or meaning.examples(slot))[:EXAMPLES] if TYPES.get(spec.type) is None else []
    return {
        **TYPES.get(spec.type, {"type": "string"}),
        "description": described,
        **({"enum": list(values)} if is_closed else {"examples": examples} if examples else {}),
    }
