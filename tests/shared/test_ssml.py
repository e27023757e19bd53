"""The SSML subset: well-formed whatever comes in, and nothing that was written is lost."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ssml import escape, plain, sanitise

TAGS = (
    "<p> </p> <s> </s> <break/> <emphasis> </emphasis> </sub> <b> </b> <p/> </prosody> <speak> </speak> "
    "&amp; & < > \" ' &#x41; &#0; &nbsp; <!-- --> <![CDATA[ ]]> <?x?>"
)
WITH_ATTRIBUTES = ('<break time="1s"/>', '<sub alias="&lt;x">', '<p onclick="x">', '<prosody rate="slow">')
PIECES = st.sampled_from([*TAGS.split(), *WITH_ATTRIBUTES, "\0", "\ud800", "\ufffe"])
FRAGMENTS = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))


@given(FRAGMENTS)
def test_what_comes_out_is_well_formed_and_of_the_subset(fragment: str) -> None:
    root = ElementTree.fromstring(f"<speak>{sanitise(fragment)}</speak>")
    names = {element.tag for element in root.iter()} - {"speak"}
    assert names <= {"p", "s", "break", "emphasis", "sub", "prosody"}


@given(FRAGMENTS)
def test_twice_is_the_same_as_once(fragment: str) -> None:
    assert sanitise(sanitise(fragment)) == sanitise(fragment)
    assert plain(sanitise(fragment)) == plain(fragment)


@given(TEXTS)
def test_escaped_text_says_itself(text: str) -> None:
    assert sanitise(escape(text)) == escape(text)
    assert plain(escape(text)) == text


@pytest.mark.parametrize(
    "fragment",
    [
        "hello",
        'one <break time="500ms"/> two',
        '<break strength="x-strong"/>',
        '<emphasis level="moderate">really</emphasis>',
        "<p><s>One.</s><s>Two.</s></p>",
        '<prosody rate="90%" pitch="+5%" volume="-6dB">slowly</prosody>',
        '<say-as interpret-as="date" format="mdy">01/02/2027</say-as>',
        '<sub alias="aluminium">Al</sub>',
        '<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>',
        '<lang xml:lang="fr-FR">bonjour</lang>',
        '<audio src="https://sounds.example/bark.mp3"/>',
    ],
)
def test_the_subset_goes_through(fragment: str) -> None:
    assert sanitise(fragment) == fragment


@pytest.mark.parametrize(
    ("fragment", "clean"),
    [
        ("a & b", "a &amp; b"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("<p>open", "&lt;p&gt;open"),
        ("shut</p>", "shut&lt;/p&gt;"),
        ("<p>a<s>b</p>c</s>", "<p>a&lt;s&gt;b</p>c&lt;/s&gt;"),
        ("<break>", "&lt;break&gt;"),
        (
            '<audio src="http://insecure.example/x.mp3"/>',
            "&lt;audio src=&quot;http://insecure.example/x.mp3&quot;/&gt;",
        ),
        ('<p onclick="x">y</p>', "&lt;p onclick=&quot;x&quot;&gt;y&lt;/p&gt;"),
        ("<say-as>1</say-as>", "&lt;say-as&gt;1&lt;/say-as&gt;"),
        ("<sub alias='it&quot;s'>x</sub>", '<sub alias="it&quot;s">x</sub>'),
        ("&#x41;&copy;\0", "A&amp;copy;"),
    ],
)
def test_what_is_not_of_it_is_text(fragment: str, clean: str) -> None:
    assert sanitise(fragment) == clean


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ('a<break time="1s"/>b', "a b"),
        ("<emphasis>im</emphasis>possible", "impossible"),
        ('<sub alias="x">H2O</sub> &amp; salt', "H2O & salt"),
        ("2 < 3 & <b>x</b>", "2 < 3 & <b>x</b>"),
    ],
)
def test_plain_words(fragment: str, words: str) -> None:
    assert plain(fragment) == words
