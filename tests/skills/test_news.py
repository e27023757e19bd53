"""News: feeds of all kinds are read safely, and fetched over real HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import skills.news
from skills.news.feeds import MOST_ITEMS, SUMMARY, TITLE, Item, Unreadable, plain, read
from skills.news.paper import Paper
from tests.feeds import answer
from tests.skills.outside import visiting
from tests.standin import Answer, Standin, serving

SAMPLES = Path(skills.news.__file__).parent / "samples"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><title>&b;</title></item></channel></rss>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><title>&x;</title></item></channel></rss>"""


def rss(*items: str) -> bytes:
    """A feed of these."""
    return f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode()


def test_rss() -> None:
    feed = read((SAMPLES / "rss.xml").read_bytes())
    assert (feed.title, len(feed.items)) == ("Example News", 5)
    first = feed.items[0]
    assert first.title == "Harbour bridge opens after ten years of work"
    assert first.summary == ("The harbour bridge was opened to traffic on Monday. It cost 90 million & took ten years.")
    assert (first.link, first.at, first.topics) == ("https://news.example.org/bridge", 1795456800.0, ("Local",))
    assert feed.items[2].title == "Football: United beat Rovers 3–1 in the derby"
    assert feed.items[3].summary == "The law passed with a large majority. It takes effect in January."
    assert feed.items[4].summary == ""


def test_atom() -> None:
    feed = read((SAMPLES / "atom.xml").read_bytes())
    assert feed.title == "Example Wire"
    water, orchestra = feed.items
    assert water.title == "Scientists find water deep below the desert"
    assert water.summary == "A team found a lake eight hundred metres below the sand."
    assert (water.link, water.at, water.topics) == ("https://wire.example.org/water", 1795460400.0, ("Science",))
    assert orchestra.at == 1795438800.0, "published, not updated"


def test_rdf_and_other_encodings() -> None:
    body = (
        '<?xml version="1.0" encoding="ISO-8859-1"?>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Bücher</title></channel>'
        "<item><title>Größe</title><dc:date>2026-11-23T10:00:00Z</dc:date></item></rdf:RDF>"
    )
    feed = read(body.encode("latin-1"))
    assert (feed.title, feed.items[0].title, feed.items[0].at) == ("Bücher", "Größe", 1795428000.0)
    assert read(body.replace("ISO-8859-1", "windows-1252").encode("cp1252")).items[0].title == "Größe"


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        OUTSIDE,
        b"",
        b"<html><body>Not Found</body></html>",
        b'{"items": []}',
        b"<rss><channel>",
        rss("<item>" + "<b>" * 100 + "</b>" * 100 + "</item>"),
        b"<?xml version='1.0' encoding='no-such'?><rss/>",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_all_is_bounded() -> None:
    long = "word " * 10_000
    feed = read(rss(*(f"<item><title>{n} {long}</title><description>{long}</description></item>" for n in range(100))))
    assert len(feed.items) == MOST_ITEMS
    assert all(len(item.title) <= TITLE and len(item.summary) <= SUMMARY for item in feed.items)
    assert feed.items[0].title.endswith("word…")


def test_odd_items() -> None:
    feed = read(
        rss(
            "<item/>",
            "<item><description>Only this</description></item>",
            "<item><title>A</title><description>A</description><link>javascript:alert(1)</link><pubDate>soon</pubDate></item>",
            "<item><title>B</title><source><title>not this</title></source></item>",
        )
    )
    assert [item.title for item in feed.items] == ["Only this", "A", "B"]
    assert (feed.items[1].summary, feed.items[1].link, feed.items[1].at) == ("", "", 0.0)
    assert len({item.id for item in feed.items}) == 3


@given(st.text(max_size=300))
def test_html_of_any_kind_becomes_one_line(text: str) -> None:
    said = plain(f"<p>{text}</p><script>never</script>", 100)
    assert len(said) <= 100
    assert said == " ".join(said.split())


@pytest.mark.parametrize(
    ("topic", "titles"),
    [
        ("sport", ["Derby"]),
        ("the Sports", []),
        ("ELECTION", ["Élections in spring"]),
        ("elecciones", []),
        ("EU", ["EU meets"]),
        ("derby goals", ["Derby"]),
        ("?!", []),
    ],
)
def test_topics(topic: str, titles: list[str]) -> None:
    paper = Paper(
        (
            Item("1", "Derby", "Three goals", topics=("Sports",)),
            Item("2", "Élections in spring"),
            Item("3", "EU meets"),
            Item("4", "Europe is warm"),
        )
    )
    assert [item.title for item in paper.about(topic)] == titles


@pytest.fixture
def site() -> Iterator[Standin]:
    with serving(answer) as standin:
        yield standin


async def test_feeds_over_http(site: Standin) -> None:
    async with visiting("news", feeds=f"{site.url}/moved {site.url}/atom.xml {site.url}/gone") as visit:
        reply = await visit.say("news.headlines", "news")
        assert reply.text.startswith("Here are the headlines. 1: Scientists find water deep below the desert.")
        await visit.say("news.next", "more headlines")
        more = await visit.say("news.more", "tell me more about number 4")
        assert more.cards[0].url == "https://news.example.org/derby"
    paths = [came.path for came in site.came]
    assert sorted(set(paths)) == ["/atom.xml", "/gone", "/moved", "/rss.xml"]
    assert paths.count("/rss.xml") == paths.count("/atom.xml") == 1, "asked once, then kept"


async def test_an_old_paper_while_the_site_is_away(site: Standin) -> None:
    async with visiting("news", feeds=f"{site.url}/rss.xml") as visit:
        await visit.say("news.headlines", "news")
        site.answer = lambda _: Answer(b"", 503)
        visit.clock.move(3600)
        assert "this is from 3:05 PM" in (await visit.say("news.headlines", "news")).text
        visit.clock.move(13 * 3600)
        assert (await visit.say("news.headlines", "news")).text == "The news feeds don't answer right now."


async def test_what_was_read_may_be_gone(site: Standin) -> None:
    async with visiting("news", feeds=f"{site.url}/rss.xml") as visit:
        await visit.say("news.headlines", "news")
        site.answer = lambda _: Answer(rss("<item><title>New</title></item>"))
        visit.clock.move(3600)
        assert "isn't in the feeds any more" in (await visit.say("news.more", "more about number 2")).text
        site.answer = lambda _: Answer(rss())
        visit.clock.move(3600)
        assert (await visit.say("news.headlines", "news")).text == "There are no headlines at the moment."


@pytest.mark.parametrize("feeds", ["not-an-address", "ftp://x.example/rss", ","])
async def test_settings_that_are_no_addresses(feeds: str) -> None:
    async with visiting("news", feeds=feeds) as visit:
        assert "no feed that I can read" in (await visit.say("news.headlines", "news")).text
