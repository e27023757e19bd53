"""What the stores' pages say of NEXUS with these skills: names, descriptions, and phrases to try.

Amazon: publishingInformation.locales of a skill manifest. The first example begins with the wake word and opens the skill by its
invocation name, the others ask it for something; what no intent has a sample for, the catch-all hears.
https://developer.amazon.com/docs/smapi/skill-manifest.html
Google: localizedSettings of an Actions project.
https://developers.google.com/assistant/actionssdk/reference/rest/Shared.Types/LocalizedSettings
"""

from infra.exports.alexa_frame import LOCALES, frame
from infra.exports.help_words import Words
from infra.exports.source import Chosen, Json, LeftOut, Losses, language_of
from shared.manifest import PLACEHOLDER

NAME = "NEXUS"
PHRASES = 3  # Amazon shows three
LONGEST, LONGEST_SUMMARY, LONGEST_SHORT = 4_000, 160, 80
LONGEST_PHRASE = 200
_FROM_ITSELF = "assistant"


def listing(chosen: Chosen, locale: str, words: Words, losses: Losses) -> Json:
    """The texts by store; a store that does not speak the language is left out."""
    language = language_of(locale)
    description = _description(chosen, language, words, losses)
    sentences = _sentences(chosen, language)
    google = {
        "displayName": NAME,
        "pronunciation": NAME.capitalize(),
        "shortDescription": words.short[:LONGEST_SHORT],
        "fullDescription": description,
        "sampleInvocations": [words.google_open, *(_asked(words.google_ask, one) for one in sentences)][:PHRASES],
    }
    known = LOCALES.get(language, ())
    exact = known[0] if known and locale == language else locale
    model = frame(language) if exact in known else None
    if model is None:
        losses.append(LeftOut("", "", f"listing of {locale} for Alexa", "Alexa or NEXUS' catch-all does not speak it"))
        return {"google": google}
    invocation = model["languageModel"]["invocationName"]
    phrases = [_filled(words.alexa_open, invocation), *(_asked(words.alexa_ask, one, invocation) for one in sentences)]
    alexa = {
        "name": NAME,
        "summary": words.short[:LONGEST_SUMMARY],
        "description": description,
        "examplePhrases": [one for one in phrases if len(one) <= LONGEST_PHRASE][:PHRASES],
    }
    return {"alexa": {exact: alexa}, "google": google}


def _description(chosen: Chosen, language: str, words: Words, losses: Losses) -> str:
    """All summaries, as many as there is room for."""
    text = words.description
    for one in chosen.skills:
        if language not in one.locales:
            continue
        summary = one.locales[language].summary or one.manifest.summary
        if len(text) + len(summary) + 1 > LONGEST:
            why = f"a description has {LONGEST:,} characters at most"
            losses.append(LeftOut(one.manifest.name, "", "its summary in the listing", why))
        else:
            text += f"\n{summary}"
    return text


def _sentences(chosen: Chosen, language: str) -> list[str]:
    """An example of every skill as it is said within a sentence: questions first, which can be asked, and small talk last."""
    known = [one for one in chosen.skills if language in one.locales]
    found = []
    for one in sorted(known, key=lambda one: one.manifest.name == _FROM_ITSELF):
        examples = one.locales[language].examples or one.manifest.examples
        found += sorted(examples, key=lambda example: not _asks(example))[:1]
    return [_within(example) for example in sorted(found, key=lambda example: not _asks(example))]


def _asks(example: str) -> bool:
    return example.rstrip().endswith("?")


def _within(example: str) -> str:
    plain = example.strip(" .!?¿¡\u00a0")
    return plain[:1].lower() + plain[1:]


def _asked(phrase: str, words: str, name: str = NAME) -> str:
    return _filled(phrase, name, words)


def _filled(phrase: str, name: str, words: str = "") -> str:
    values = {"name": name, "words": words}
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), phrase)
