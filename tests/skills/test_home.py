"""Home: which devices are meant, what a wish comes to, and how states are told."""

from typing import Any

import msgspec
import pytest

from shared.skill import TurnContext
from shared.testing.fakes import FakeCalls, FakeClock, FakeDocuments, FakeMemories
from shared.testing.web import recorded
from shared.turn import Kind, Request, Session, Understanding
from skills.home import telling
from skills.home.commands import Command, Trouble, is_so, plan, told
from skills.home.hass import Device
from skills.home.match import Heard, fitting, heard_in, read
from tests.skills.talk import NOW
from tests.skills.test_dialogues import ROOT

GERMAN = [
    ("light.kueche_decke", "Küche Deckenlicht"),
    ("light.wohnzimmer", "Wohnzimmerlampe"),
    ("light.stehlampe", "Stehlampe"),
    ("media_player.wohnzimmer", "Wohnzimmer Fernseher"),
    ("switch.kaffee", "Kaffeemaschine"),
    ("cover.buero", "Büro Rollo"),
    ("sensor.schlafzimmer", "Schlafzimmer Temperatur"),
]
FRENCH = [
    ("light.chambre", "Lampe de chambre"),
    ("light.entree", "Lumière d'entrée"),
    ("cover.salon", "Volets du salon"),
]
ENGLISH = [
    ("light.kitchen", "Kitchen"),
    ("light.kitchen_ceiling", "Kitchen ceiling"),
    ("light.bedroom", "Bedroom light"),
    ("light.bathroom", "Bathroom light"),
    ("switch.lamp", "Desk lamp"),
    ("light.lamp_2", "Lamp 2"),
    ("light.lamp_3", "Lamp 3"),
]


def devices(named: list[tuple[str, str]]) -> list[Device]:
    return [Device(id_, "off", {"friendly_name": name}) for id_, name in named]


def heard(language: str) -> Heard:
    toml = msgspec.toml.decode((ROOT / "home" / "locales" / f"{language}.toml").read_bytes())
    return heard_in(toml["answers"])


@pytest.mark.parametrize(
    ("language", "among", "said", "meant"),
    [
        ("de", GERMAN, "das Küchenlicht", ["Küche Deckenlicht"]),
        ("de", GERMAN, "das Licht in der Küche", ["Küche Deckenlicht"]),
        ("de", GERMAN, "die Kuechenlampe", ["Küche Deckenlicht"]),
        ("de", GERMAN, "die Wohnzimmerlampe", ["Wohnzimmerlampe"]),
        ("de", GERMAN, "die Lampe im Wohnzimmer", ["Wohnzimmerlampe"]),
        ("de", GERMAN, "den Fernseher im Wohnzimmer", ["Wohnzimmer Fernseher"]),
        ("de", GERMAN, "die Stehlampe", ["Stehlampe"]),
        ("de", GERMAN, "die kaffemaschine", ["Kaffeemaschine"]),
        ("de", GERMAN, "die Rollos im Büro", ["Büro Rollo"]),
        ("de", GERMAN, "alle Lampen", ["Küche Deckenlicht", "Wohnzimmerlampe", "Stehlampe"]),
        ("de", GERMAN, "den Garten", []),
        ("fr", FRENCH, "la lampe de la chambre", ["Lampe de chambre"]),
        ("fr", FRENCH, "la lumière de l'entrée", ["Lumière d'entrée"]),
        ("fr", FRENCH, "les volets du salon", ["Volets du salon"]),
        ("fr", FRENCH, "la cuisine", []),
        ("en", ENGLISH, "the kitchen", ["Kitchen"]),
        ("en", ENGLISH, "the kitchen light", ["Kitchen"]),
        ("en", ENGLISH, "the ceiling in the kitchen", ["Kitchen ceiling"]),
        ("en", ENGLISH, "kichen ceilling", ["Kitchen ceiling"]),
        ("en", ENGLISH, "the bedroom", ["Bedroom light"]),
        ("en", ENGLISH, "the desk lamp", ["Desk lamp"]),
        ("en", ENGLISH, "lamp 3", ["Lamp 3"]),
        ("en", ENGLISH, "lamp 4", []),
        ("en", ENGLISH, "the pool", []),
        ("en", ENGLISH, "🦄", []),
        ("en", ENGLISH, "", []),
    ],
)
def test_devices_are_found_by_what_people_call_them(
    language: str, among: list[tuple[str, str]], said: str, meant: list[str]
) -> None:
    words = heard(language)
    assert [one.name for one in fitting(read(said, words), devices(among), words)] == meant


def device(id_: str, state: str = "off", **attributes: Any) -> Device:
    return Device(id_, state, {"friendly_name": "It", **attributes})


def command(intent: str, of: Device, **slots: Any) -> Command:
    found = plan(intent, of, slots)
    assert isinstance(found, Command), found
    return found


def trouble(intent: str, of: Device, **slots: Any) -> str:
    found = plan(intent, of, slots)
    assert isinstance(found, Trouble), found
    return found.key


@pytest.mark.parametrize(
    ("state", "brightness", "slots", "percent"),
    [
        ("off", None, {"level": 40}, 40),
        ("on", 255, {"level": 40.4}, 40),
        ("on", 128, {"change": "up"}, 70),
        ("on", 128, {"change": "down"}, 30),
        ("on", 20, {"change": "down"}, 1),
        ("on", 250, {"change": "up"}, 100),
        ("off", None, {"change": "up"}, 20),
        ("on", 10, {"change": "most"}, 100),
        ("on", 10, {"change": "half"}, 50),
    ],
)
def test_brightness_becomes_a_number(state: str, brightness: int | None, slots: dict[str, Any], percent: int) -> None:
    found = command("home.dim", device("light.it", state, brightness=brightness), **slots)
    assert (found.service, found.data) == ("turn_on", {"brightness_pct": percent})


def test_brightness_at_the_edges() -> None:
    lit = device("light.it", "on", brightness=102)
    assert command("home.dim", lit, level=0).service == "turn_off"
    assert command("home.dim", lit, level=40).already
    assert trouble("home.dim", lit, level=140) == "beyond_level"
    assert trouble("home.dim", lit, level=-1) == "beyond_level"
    assert trouble("home.dim", lit) == "ask_level"
    assert trouble("home.dim", device("light.it", supported_color_modes=["onoff"]), level=4) == "not_dimmable"


@pytest.mark.parametrize(
    ("slots", "least", "most", "degrees"),
    [
        ({"temperature": 22.5}, 7, 30, 22.5),
        ({"change": "up"}, 7, 30, 22.0),
        ({"change": "down"}, 7, 30, 20.0),
        ({"change": "up"}, 7, 21, 21.0),
        ({"temperature": 68}, 7, 30, 20.0),
        ({"temperature": 20}, 45, 95, 68.0),
    ],
)
def test_warmth_becomes_a_number_in_the_thermostats_unit(
    slots: dict[str, Any], least: float, most: float, degrees: float
) -> None:
    found = command("home.warm", device("climate.it", "heat", temperature=21, min_temp=least, max_temp=most), **slots)
    assert found.data == {"temperature": degrees}


def test_warmth_that_no_thermostat_has_is_refused() -> None:
    heating = device("climate.it", "heat", temperature=21, min_temp=7, max_temp=30)
    assert trouble("home.warm", heating, temperature=45) == "beyond_temperature"
    assert trouble("home.warm", heating, temperature=200) == "beyond_temperature"
    assert trouble("home.warm", heating) == "ask_temperature"
    assert command("home.warm", heating, temperature=21).already


def test_covers_and_locks() -> None:
    blind = device("cover.it", "open", current_position=60)
    assert not command("home.cover", blind, action="open").already, "it can be opened further"
    assert command("home.cover", blind, action="close").service == "close_cover"
    assert command("home.cover", blind, action="stop").service == "stop_cover"
    assert command("home.cover", blind, level=30, action="open").data == {"position": 30}
    assert command("home.cover", blind, level=60).already
    assert trouble("home.cover", blind, level=101) == "beyond_level"
    assert trouble("home.cover", device("cover.it"), level=50) == "no_position"
    assert trouble("home.cover", blind) == "ask_movement"
    door = device("lock.it", "locked")
    assert command("home.lock", door, action="lock").already
    assert command("home.lock", door, action="unlock").service == "unlock"
    assert trouble("home.lock", door) == "ask_bolt"
    assert trouble("home.lock", device("lock.it", "locked", code_format="^\\d+$"), action="unlock") == "needs_code"


@pytest.mark.parametrize("intent", ["home.on", "home.off", "home.dim", "home.warm", "home.cover", "home.lock"])
def test_what_is_not_there_is_said(intent: str) -> None:
    assert trouble(intent, device("light.it", "unavailable"), level=1, action="open") == "unavailable"


def test_no_command_is_a_toggle() -> None:
    things = [device("light.it", "on"), device("switch.it"), device("cover.it", "open"), device("lock.it", "locked")]
    slots = {"action": "open", "level": 50}
    intents = ("home.on", "home.off", "home.dim", "home.cover", "home.lock")
    plans = [plan(intent, thing, slots) for intent in intents for thing in things]
    assert not [one for one in plans if isinstance(one, Command) and "toggle" in one.service]


def test_a_group_is_one_service_where_it_can_be() -> None:
    lamps = [Device(f"light.{n}", "on", {"friendly_name": f"Lamp {n}"}) for n in range(3)]
    content = told([command("home.off", one) for one in (*lamps, device("switch.it", "on"))])
    assert [(one["domain"], one["data"]["entity_id"]) for one in content["services"]] == [
        ("light", ["light.0", "light.1", "light.2"]),
        ("switch", ["switch.it"]),
    ]


@pytest.mark.parametrize(
    ("state", "attributes", "want", "so"),
    [
        ("on", {}, {"is": ["on"]}, True),
        ("off", {}, {"is": ["on"]}, False),
        ("unavailable", {}, {"is": ["on"]}, False),
        ("opening", {}, {"is": ["open", "opening"]}, True),
        ("on", {"brightness": 100}, {"is": ["on"], "brightness": 102}, True),
        ("on", {"brightness": 50}, {"is": ["on"], "brightness": 102}, False),
        ("on", {}, {"is": ["on"], "brightness": 102}, True),
        ("heat", {"temperature": 21}, {"temperature": 22.0}, False),
        ("off", {}, {"not": ["off"]}, False),
        ("whatever", {}, {}, True),
    ],
)
def test_whether_it_is_so(state: str, attributes: dict[str, Any], want: dict[str, Any], so: bool) -> None:
    assert is_so(device("light.it", state, **attributes), want) is so


def turn(locale: str) -> TurnContext:
    toml = msgspec.toml.decode((ROOT / "home" / "locales" / f"{locale[:2]}.toml").read_bytes())
    return TurnContext(
        request=Request(
            app="a", channel="c", message_id="m", conversation="k", user="u", kind=Kind.UTTERANCE, received_at=NOW,
            deadline=NOW + 8, locale=locale,
        ),
        understanding=Understanding("home.state", 0.9),
        session=Session(),
        state={},
        memories=FakeMemories(),
        documents=FakeDocuments(),
        clock=FakeClock(NOW),
        timezone="Europe/Berlin",
        web=recorded(ROOT / "home", FakeClock(NOW)),
        called=FakeCalls(),
        answers={key: tuple(words) for key, words in toml["answers"].items()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "state", "unit", "said"),
    [
        ("en-US", "21.4", "°C", "21.4°C"),
        ("de-DE", "21.4", "°C", "21,4 °C"),
        ("fr-FR", "1234.5", "W", "1 234,5 W"),
        ("de-CH", "1234.5", "W", "1’234.5 W"),
        ("it-IT", "48.5", "%", "48,5%"),
        ("es-ES", "48", "%", "48 %"),
        ("de-DE", "0.123", "kWh", "0,12 kWh"),
        ("de-DE", "1013", "hPa", "1.013 hPa"),
        ("xx-ZZ", "5", "µg/m³", "5 µg/m³"),
        ("en-US", "3", "", "3"),
        ("en-US", "rinse", "", "rinse"),
        ("en-US", "nan", "°C", "nan"),
    ],
)
def test_numbers_are_written_as_the_locale_does(locale: str, state: str, unit: str, said: str) -> None:
    sensor = device("sensor.it", state, unit_of_measurement=unit)
    language = locale if locale[:2] in ("en", "de", "es", "fr", "it") else "en"
    found = telling.measured(msgspec.structs.replace(turn(language), request=_in(turn(language), locale)), sensor)
    assert found.replace("\xa0", " ").replace("\u202f", " ") == said


def _in(known: TurnContext, locale: str) -> Request:
    return msgspec.structs.replace(known.request, locale=locale)


def test_moments_are_in_the_persons_time() -> None:
    alarm = device("sensor.it", "2026-11-24T06:30:00+00:00", device_class="timestamp")
    assert telling.measured(turn("de-DE"), alarm) == "24.11.26, 07:30"


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (device("light.it", "on", brightness=102), "„It“ ist an, mit 40 %."),
        (device("binary_sensor.it", "on", device_class="window"), "„It“ ist offen."),
        (device("binary_sensor.it", "off", device_class="motion"), "„It“ ist ruhig."),
        (
            device("climate.it", "heat", current_temperature=20.5, temperature=21),
            "„It“: 20,5 Grad, eingestellt auf 21.",
        ),
        (device("climate.it", "off", current_temperature=20.5), "„It“ ist aus, bei 20,5 Grad."),
        (device("climate.it", "off"), "„It“ ist aus."),
        (device("cover.it", "open", current_position=30), "„It“ ist zu 30 % offen."),
        (device("lock.it", "unlocked"), "„It“ ist aufgeschlossen."),
        (device("weather.it", "sunny", temperature=3.5, temperature_unit="°C"), "„It“ zeigt 3,5 °C."),
        (device("sensor.it", "unknown"), "Von „It“ gibt es noch keinen Wert."),
        (device("sensor.it", "unavailable"), "Home Assistant hat gerade keine Verbindung zu „It“."),
    ],
)
def test_states_are_told(thing: Device, said: str) -> None:
    assert telling.state(turn("de-DE"), thing).replace("\xa0", " ") == said


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it"])
def test_every_language_has_all_words(language: str) -> None:
    english = msgspec.toml.decode((ROOT / "home" / "locales" / "en.toml").read_bytes())
    other = msgspec.toml.decode((ROOT / "home" / "locales" / f"{language}.toml").read_bytes())
    assert set(other["answers"]) == set(english["answers"])
    assert {name: set(values) for name, values in other["types"].items()} == {
        name: set(values) for name, values in english["types"].items()
    }
