"""A figure said in place of one that stood among other words: "no, of 90" after "15 percent of 80"."""

from collections.abc import Sequence

from core.dialogue.around import Around
from core.dialogue.state import Frame
from core.understanding.values import Span
from core.understanding.words import words
from shared.turn import SlotValue

FEW = 3  # words in front of the figure: "no, I meant of"


def amended(frame: Frame, text: str, around: Around) -> dict[str, SlotValue]:
    """The text among the slots of `frame` with one figure changed to that in `text`; nothing where `text` says more than it."""
    said = around.values.find("number", text, around.context(frame.intent))
    if len(said) != 1:
        return {}
    for name, slot in frame.slots.items():
        if around.is_text(frame.intent, name) and (whole := _changed(slot.text, text, said[0], frame, around)):
            return {name: SlotValue(whole, whole)}
    return {}


def _changed(old: str, text: str, figure: Span, frame: Frame, around: Around) -> str:
    """`old` with its figure of the same neighbours changed, else the last one; "" where there is none, or other words follow."""
    figures = around.values.find("number", old, around.context(frame.intent))
    before, after = words(text[: figure.start]), words(text[figure.end :])
    if not figures or len(before) > FEW:
        return ""
    place = _alike(figures, old, before, after)
    if after and words(old[place.end :])[: len(after)] != after:
        return ""
    return old[: place.start] + text[figure.start : figure.end] + old[place.end :]


def _alike(figures: Sequence[Span], old: str, before: list[str], after: list[str]) -> Span:
    """The figure that stands between the same words as what was said, as far as can be told; else the last."""

    def likeness(span: Span) -> int:
        behind = words(old[: span.start])[-1:] == before[-1:] and bool(before)
        ahead = words(old[span.end :])[:1] == after[:1] and bool(after)
        return 2 * ahead + behind

    return max(reversed(figures), key=likeness)
