"""What is wrong with a skill's settings and permissions is told when it is loaded."""

import pytest

from shared.manifest import IntentSpec, SkillLocale, SkillManifest, SkillSetting, complaints

URL = SkillSetting("url", "Where.", default="https://a.example")


def of(
    *settings: SkillSetting, permissions: tuple[str, ...] = (), effects: tuple[str, ...] = (), confirm: bool = False
) -> list[str]:
    """The complaints about a skill with these."""
    intents = {"lamp.on": IntentSpec("…", effects=effects, confirm=confirm)}
    manifest = SkillManifest("lamp", "", "", "", intents, permissions=permissions, settings=settings)
    prompts: dict[str, dict[str, tuple[str, ...]]] = {"lamp.on": {"confirm": ("Shall I?",)}} if confirm else {}
    return complaints(manifest, {"en": SkillLocale(prompts=prompts)})


def test_what_is_right() -> None:
    hosts = ("network:{url}", "network:api.example.org", "network:*.example.org", "documents")
    assert of(URL, permissions=hosts, effects=("call",), confirm=True) == []


@pytest.mark.parametrize("permission", ["network:{}", "network:{URL}", "network:*", "network:a*b", "network:", "web"])
def test_permissions_that_are_none(permission: str) -> None:
    assert of(permissions=(permission,))[:1] == [f"no permission is called {permission}"]


@pytest.mark.parametrize(
    ("settings", "permissions", "wrong"),
    [
        ((SkillSetting("Token", "…"),), (), "'Token' cannot be the key of a setting"),
        ((URL, URL), (), "two settings have the same key"),
        ((SkillSetting("url", " "),), (), "the setting url does not say what it means"),
        ((), ("network:{url}",), "network:{url}: there is no setting url"),
        (
            (SkillSetting("url", "…", default="http://a"),),
            ("network:{url}",),
            "the default of the setting url is no https",
        ),
        ((SkillSetting("url", "…", required=True),), (), "has no words for what is not set up"),
    ],
)
def test_settings_that_cannot_be(settings: tuple[SkillSetting, ...], permissions: tuple[str, ...], wrong: str) -> None:
    [found] = of(*settings, permissions=permissions)
    assert wrong in found


def test_calls_ask_first() -> None:
    [found] = of(effects=("call",))
    assert "may call and does not ask first" in found


def test_what_is_lacking() -> None:
    manifest = SkillManifest("lamp", "", "", "", {}, settings=(URL, SkillSetting("token", "…", required=True)))
    assert manifest.lacking({}) == ("token",)
    assert manifest.lacking({"token": " "}) == ("token",)
    assert manifest.lacking({"token": "t"}) == ()
    assert manifest.defaults == {"url": "https://a.example"}
