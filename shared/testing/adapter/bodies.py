"""Cases of AdapterContract: which bodies become requests."""

from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.instruments import for_all
from shared.testing.adapter.nearly import nearly
from shared.testing.adapter.values import MAX_BODY, SAYINGS, Said, assert_well_formed, given, turn_of, wait
from shared.text import clean
from shared.turn import Reply


class BodyCases(AdapterHooks):
    """Whatever an authentic sender sends becomes a Request or Malformed."""

    def test_truncated_is_malformed(self) -> None:
        """A body that was cut off is Malformed."""
        body = self.body(Said())
        for end in (1, len(body) // 2, len(body) - 1):
            self.assert_malformed(body[:end])

    def test_empty_is_malformed(self) -> None:
        """An empty body is Malformed."""
        self.assert_malformed(b"")

    def test_malformed_is_malformed(self) -> None:
        """A body that breaks the format or the schema is Malformed."""
        for body in self.malformed():
            self.assert_malformed(body)

    def test_deep_json_breaks_nothing(self) -> None:
        """JSON nested a hundred thousand deep becomes a Request or Malformed."""
        deep = b"[" * 100_000 + b"]" * 100_000
        self.assert_malformed(deep)
        self.assert_request_or_malformed(self.body(Said())[:-1] + b',"zz_deep":' + deep + b"}")

    def test_oversize_breaks_nothing(self) -> None:
        """A body over the limit becomes a Request or Malformed."""
        filler = b'"' + b"a" * (MAX_BODY + 1) + b'"'
        self.assert_request_or_malformed(self.body(Said())[:-1] + b',"zz_long":' + filler + b"}")
        self.assert_malformed(filler[:-1])

    def test_anything_becomes_a_request_or_malformed(self) -> None:
        """Whatever an authentic sender sends becomes a Request that can be stored, a Receipt, or Malformed."""
        for_all(nearly(self.body(Said())), self.fuzz_examples, self.assert_request_or_malformed)

    def test_unknown_things_become_a_request(self) -> None:
        """Types, intents and fields that nobody knows become a Request that can be answered."""
        for body in self.strange(Said()):
            with given(body):
                door = self.door()
                request = door.parse(wait(door.verify(self.sign(body, Said()))))
                assert_well_formed(door.render(request, turn_of(request, Reply(text="Sorry?"))))

    def test_of_duplicate_keys_the_last_wins(self) -> None:
        """Of a key that comes twice the last value counts."""
        first, last = Said(text="the first words"), Said(text="the last words")
        assert self.through(self.sign(self.twice(first, last), last)).text == "the last words"

    def test_text_is_cleaned_and_otherwise_as_it_was_said(self) -> None:
        """NUL and lone surrogates are dropped from what was said; everything else stays."""
        for text in SAYINGS:
            with given(text):
                assert self.request(Said(text=text)).text == clean(text)
