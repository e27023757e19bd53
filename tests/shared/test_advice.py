"""What a person is told to do about a missing setting is what works for their app."""

from shared.advice import how_to_set


def test_the_default_app_may_use_a_variable() -> None:
    assert how_to_set("default", "web", "origins=…") == "run `nexus channels configure web origins=…`"
    assert how_to_set("default", "alexa", "skill_id=…", "NEXUS_ALEXA_SKILL_ID") == (
        "set NEXUS_ALEXA_SKILL_ID, or run `nexus channels configure alexa skill_id=…`"
    )


def test_another_app_is_named_and_no_variable_fills_it() -> None:
    assert how_to_set("shop", "alexa", "skill_id=…", "NEXUS_ALEXA_SKILL_ID") == (
        "run `nexus channels configure alexa --app shop skill_id=…`"
    )
