"""What stands in the terminal once she is on air."""

from open_llm_vtuber import announcements, terminal
from open_llm_vtuber.config import Character, Settings
from open_llm_vtuber.first_run.runs import Run
from open_llm_vtuber.stimulus import EngineStatus

AT = "http://127.0.0.1:12393"
ENGINES = {"llm": EngineStatus(engine="embedded_llm", is_demo=True)}
NAMED = Settings(character_config=Character(conf_name="No[b]va"))


def shown(run: Run | None = None, problem: str = "", *, is_set_up: bool = False) -> str:
    with terminal.console.capture() as capture:
        if run is None:
            announcements.live(AT, NAMED, ENGINES, is_set_up=is_set_up)
        else:
            announcements.again(AT, run, problem)
    return capture.get()


def test_a_first_run_is_invited_to_the_set_up_and_others_are_not() -> None:
    assert f"{AT}/setup" in shown()
    assert f"{AT}/setup" not in shown(is_set_up=True)
    for path in ("/", "/stage", "/control", "/docs"):
        assert AT + path in shown(is_set_up=True)


def test_a_name_is_no_markup() -> None:
    assert "No[b]va is live" in shown()


def test_another_run_says_what_it_is() -> None:
    assert f"is live: {AT}/" in shown(Run(NAMED))
    assert "rehearses with simulated viewers" in shown(Run(NAMED, rehearses=True))
    assert "settings from before" in shown(Run(NAMED), "It did not start.")
