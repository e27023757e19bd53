"""The platforms that skills can be exported to, and help for people."""

from collections.abc import Callable, Sequence

from core.skillbook import LoadedSkill, SkillBook
from infra.exports import actions, alexa, dialogflow_cx, dialogflow_es, help_page, tools
from infra.exports.names import claimed
from infra.exports.source import Chosen, Export, language_of
from shared.errors import NotFound

EXPORTERS: dict[str, Callable[[Chosen, Sequence[str]], Export]] = {
    "alexa": alexa.export,
    "dialogflow": dialogflow_es.export,
    "dialogflow-cx": dialogflow_cx.export,
    "actions": actions.export,
    "tools": tools.export,
    "help": help_page.export,
}


def exports(
    loaded: Sequence[LoadedSkill], names: Sequence[str], platforms: Sequence[str], locales: Sequence[str]
) -> dict[str, Export]:
    """What each platform gets of the skills called `names`, or of all if there are none. Pure.

    Without `locales` it is every language that a skill speaks, English first. Raises NotFound for a name that no skill has,
    and for a language that none speaks.
    """
    known = {one.manifest.name: one for one in loaded}
    for name in names:
        if name not in known:
            raise NotFound(f"there is no skill {name!r}; skills are: {', '.join(sorted(known))}")
    skills = tuple(one for one in loaded if not names or one.manifest.name in names)
    languages = SkillBook(skills).languages()
    for locale in locales:
        if language_of(locale) not in languages:
            raise NotFound(f"none of these skills speaks {locale}; they speak: {', '.join(languages)}")
    chosen, spoken = Chosen(skills, claimed(loaded)), tuple(dict.fromkeys(locales)) or languages
    return {platform: EXPORTERS[platform](chosen, spoken) for platform in platforms}
