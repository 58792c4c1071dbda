"""Commands: what a line asks for, and who may ask when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.commands import (
    Ask,
    Block,
    Call,
    Commands,
    Gesture,
    Plain,
    ShowFace,
    looks_like_command,
)
from open_llm_vtuber.chat.permissions import Role
from open_llm_vtuber.settings.chat import CommandRule, CommandRules


def commands() -> Commands:
    return Commands(CommandRules())


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("!expression joy", Call("expression", ShowFace("joy"))),
        ("!expression 3", Call("expression", ShowFace(3))),
        ("!Expression  JOY ", Call("expression", ShowFace("joy"))),
        ("!face joy", Call("expression", ShowFace("joy"))),
        ("!expression joy \U000e0000", Call("expression", ShowFace("joy"))),
        ("\u200b!expression\u2060 joy\u200b", Call("expression", ShowFace("joy"))),
        ("\uff01expression joy", Call("expression", ShowFace("joy"))),
        ("!\u0435xpr\u0435ssion joy", Call("expression", ShowFace("joy"))),
        ("!expression", Call("expression", None)),
        ("!motion Wave 1", Call("motion", Gesture("Wave", 1))),
        ("!motion Wave", Call("motion", Gesture("Wave", 0))),
        ("!motion Tap Body 0", Call("motion", Gesture("Tap Body", 0))),
        ("!motion Wave -1", Call("motion", None)),
        ("!motion Wave 1.5", Call("motion", None)),
        ("!motion Wave 99999999999999999999", Call("motion", None)),
        ("!motion Wave \u0663", Call("motion", None)),
        ("!motion", Call("motion", None)),
        ("!say hello there", Call("say", Ask("hello there"))),
        ("!say", Call("say", None)),
        ("!say ???", Call("say", None)),
        ("!block @Rude_One please", Call("block", Block("rude_one"))),
        ("!block @", Call("block", None)),
        ("!stop", Call("stop", Plain("stop"))),
        ("!why did she say that", Call("why", Plain("why"))),
        ("!forgetme", Call("forgetme", Plain("forgetme"))),
    ],
)
def test_a_command_is_read_however_it_is_dressed(text: str, call: Call) -> None:
    assert commands().read(text) == call


@pytest.mark.parametrize(
    "text", ["", "hello", "what does !say do", "!", "!song", "!!say hi", "say hi", "!sayhi"]
)
def test_everything_else_is_chat(text: str) -> None:
    assert commands().read(text) is None


def test_a_command_of_another_bot_looks_like_one() -> None:
    assert looks_like_command("!song \U000e0000")
    assert not looks_like_command("wow!")


def test_an_alias_cannot_take_a_commands_own_name() -> None:
    rules = CommandRules(motion=CommandRule(aliases=("stop", "wink")))
    assert Commands(rules).read("!stop") == Call("stop", Plain("stop"))
    assert Commands(rules).read("!wink Wave") == Call("motion", Gesture("Wave", 0))


def test_a_viewer_waits_and_a_moderator_does_not() -> None:
    asked = commands()
    assert asked.refusal("expression", "ana", Role.EVERYONE, 100.0) is None
    assert asked.refusal("expression", "ana", Role.EVERYONE, 110.0) == "command-cooldown"
    assert asked.refusal("expression", "ben", Role.EVERYONE, 103.0) == "command-cooldown"
    assert asked.refusal("expression", "ben", Role.EVERYONE, 106.0) is None
    assert asked.refusal("expression", "mod", Role.MODERATOR, 106.5) is None
    assert asked.refusal("expression", "ana", Role.EVERYONE, 141.0) is None


def test_a_refused_use_costs_nobody_a_wait() -> None:
    asked = Commands(CommandRules(say=CommandRule(allow="subscriber")))
    assert asked.refusal("say", "ana", Role.FOLLOWER, 0.0) == "command-not-allowed"
    assert asked.refusal("say", "ben", Role.SUBSCRIBER, 0.0) is None


@pytest.mark.parametrize("name", ["stop", "resume", "pause", "skip", "block", "why"])
def test_viewers_do_not_steer(name: str) -> None:
    call = commands().read(f"!{name} somebody")
    assert call is not None
    assert commands().refusal(call.name, "vip", Role.VIP, 0.0) == "command-not-allowed"
    assert commands().refusal(call.name, "mod", Role.MODERATOR, 0.0) is None


def test_a_command_can_be_switched_off() -> None:
    asked = Commands(CommandRules(motion=CommandRule(enabled=False)))
    assert asked.refusal("motion", "boss", Role.BROADCASTER, 0.0) == "command-off"


@given(st.text(max_size=200))
def test_no_text_upsets_it_and_what_it_keeps_is_bounded(text: str) -> None:
    for line in (text, f"!say {text}", f"!motion {text}", f"!expression {text}", f"!block {text}"):
        call = commands().read(line)
        match call.wish if call else None:
            case Ask(kept):
                assert len(kept) <= 300
                assert "\n" not in kept
            case Gesture(group, index):
                assert group
                assert 0 <= index <= 9_999
            case _:
                pass
