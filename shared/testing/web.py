"""A web that answers from files: services' answers as they come over the wire, for tests of skills.

A skill's folder `samples/` holds them, with `web.toml` beside them that says which answers what. The first that fits is taken:

    [[answers]]
    url = "https://api.open-meteo.com/v1/forecast"     # without its query; `*` stands for anything
    params = { daily = "*" }                           # what the query must hold besides
    file = "forecast.json"
    headers = { content-type = "application/json" }
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct, field

from shared.errors import WebFailed
from shared.outside import Fetched, Web
from shared.ports import Clock


class Sample(Struct, frozen=True):
    """One `[[answers]]`: which requests it is for, and what comes back."""

    url: str
    file: str = ""
    method: str = "GET"
    status: int = 200
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class _Samples(Struct, frozen=True):
    answers: tuple[Sample, ...] = ()


class Asked(Struct, frozen=True):
    """What a skill asked the web."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]
    content: bytes = b""


class FakeWeb:
    """Implements `shared.outside.Web`. `asked` is all that was asked for.

    `broken`: nothing answers any more. `age_s`: the service is away, and the answers that were kept are so many seconds old.
    """

    def __init__(self, folder: Path, samples: Sequence[Sample], clock: Clock) -> None:
        self._folder, self._samples, self._clock = folder, tuple(samples), clock
        self.asked: list[Asked] = []
        self.broken = False
        self.age_s = 0.0

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ttl_s: float = 0.0,
        stale_s: float = 0.0,
    ) -> Fetched:
        """See `Web.get`."""
        return self._answer(Asked("GET", url, dict(params or {}), dict(headers or {})), stale_s)

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
    ) -> Fetched:
        """See `Web.post`."""
        return self._answer(Asked("POST", url, {}, {"content-type": media_type, **(headers or {})}, content), 0.0)

    def _answer(self, asked: Asked, stale_s: float) -> Fetched:
        self.asked.append(asked)
        if self.broken or self.age_s > stale_s:
            raise WebFailed("the fake web does not answer", in_doubt=False)
        sample = next((one for one in self._samples if _fits(one, asked)), None)
        if sample is None:
            raise WebFailed(f"samples/web.toml has no answer to {asked.method} {asked.url}")
        body = (self._folder / sample.file).read_bytes() if sample.file else b""
        stale = self.age_s > 0
        return Fetched(sample.status, dict(sample.headers), body, self._clock.now() - self.age_s, stale)


class FakeOutside:
    """Implements `shared.outside.Outside`: every skill has these settings and this web."""

    def __init__(self, web: FakeWeb, config: Mapping[str, str] | None = None) -> None:
        self.told = dict(config or {})
        self._web = web

    async def config(self, app: str, skill: str) -> Mapping[str, str]:
        """See `Outside.config`."""
        return self.told

    def web(self, skill: str, config: Mapping[str, str], deadline: float) -> Web:
        """See `Outside.web`."""
        return self._web


def recorded(folder: Path, clock: Clock, more: Sequence[Sample] = ()) -> FakeWeb:
    """The web of a skill's folder; `more` answers before it. Nothing answers where there are no samples."""
    samples = folder / "samples"
    try:
        found = msgspec.toml.decode((samples / "web.toml").read_bytes(), type=_Samples)
    except FileNotFoundError:
        found = _Samples()
    return FakeWeb(samples, (*more, *found.answers), clock)


def _fits(sample: Sample, asked: Asked) -> bool:
    parts = urlsplit(asked.url)
    bare = parts._replace(query="", fragment="").geturl()
    params = {**dict(parse_qsl(parts.query)), **asked.params}
    return (
        sample.method == asked.method
        and fnmatchcase(bare, sample.url)
        and all(fnmatchcase(params.get(name, ""), value) for name, value in sample.params.items())
    )
