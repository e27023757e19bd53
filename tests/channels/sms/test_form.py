"""Forms are read as the standard library reads them, and taken apart without being understood."""

from urllib.parse import parse_qsl, quote_plus, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.form import decode, pairs
from shared.errors import Malformed

MOST = 5
_PIECES = st.sampled_from(["a", "é", "+", "%41", "%C3%A9", "%ED%A0%80", "%ff", "%", "%zz", "%2", "&", "=", "\0", "東"])
FORMS = st.lists(_PIECES, min_size=1, max_size=12).map("".join)


@given(form=FORMS)
def test_a_form_is_read_as_the_standard_library_reads_it(form: str) -> None:
    try:
        wanted = dict(
            parse_qsl(form, keep_blank_values=True, strict_parsing=True, errors="surrogatepass", max_num_fields=MOST)
        )
    except ValueError:
        with pytest.raises(Malformed):
            decode(form.encode(), MOST)
    else:
        assert decode(form.encode(), MOST) == wanted


@pytest.mark.parametrize("form", [b"", b"a", b"a=1&&b=2", b"a=\xff", b"a=%ff", b"a=1&" * 5 + b"a=1"])
def test_what_is_no_form_is_refused(form: bytes) -> None:
    with pytest.raises(Malformed):
        decode(form, MOST)


@given(fields=st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=MOST))
def test_pairs_are_what_was_sent_in_its_order(fields: list[tuple[str, str]]) -> None:
    fields = [(name, value.replace("\ud800", "")) for name, value in fields]
    form = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields)
    assert pairs(form.encode(), MOST) == [(name.encode(), value.encode()) for name, value in fields]


def test_pairs_take_any_bytes() -> None:
    assert pairs(b"a&&b=%zz%41&=\xff+&c=d=e", MOST) == [
        (b"a", b""),
        (b"b", unquote_to_bytes("%zzA")),
        (b"", b"\xff "),
        (b"c", b"d=e"),
    ]


def test_too_many_fields_are_not_counted() -> None:
    with pytest.raises(ValueError, match="more than 5"):
        pairs(b"a=1&" * 5 + b"a=1", MOST)
