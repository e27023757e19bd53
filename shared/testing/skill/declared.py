"""What is held against a skill's manifest and words."""

from shared.manifest import PLACEHOLDER, SkillLocale, SkillManifest
from shared.turn import Reply


def placeholders(locale: SkillLocale) -> list[tuple[str, str]]:
    """Every placeholder of the templates, with its intent."""
    return [
        (intent, name)
        for intent, templates in locale.utterances.items()
        for text in templates
        for name in PLACEHOLDER.findall(text)
    ]


def unknown_keys(given: object, known: object, path: str = "") -> list[str]:
    """Keys of `given` that `known` has not, by path."""
    if not isinstance(given, dict) or not isinstance(known, dict):
        return []
    found = [f"{path}{key}" for key in given if key not in known]
    for key in set(given) & set(known):
        found += unknown_keys(given[key], known[key], f"{path}{key}.")
    return found


def check_question(manifest: SkillManifest, reply: Reply) -> None:
    """A question is about an intent and slot of the skill's own, waits for an answer, and does nothing before it."""
    about = reply.elicit or reply.confirm
    if about is None:
        return
    spec = manifest.intents.get(about.intent)
    assert spec is not None, f"asks for {about.intent}, which is not its own"
    assert not about.slot or about.slot in spec.slots, f"asks for {about.slot}, which is not declared"
    assert reply.expects_answer, "asks, and does not wait for the answer"
    assert reply.reprompt, "asks, and has no reprompt"
    assert not reply.effects, "asks, and acts before it is answered"
