"""An engine is tried once before it is written down."""

import pytest

import fake_provider
from fake_provider import KEY, FakeProvider
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.first_run import tryout
from open_llm_vtuber.first_run.choices import Engine, OpenAIVoice, ServedBrain, brain_engine, voice_engine
from open_llm_vtuber.show.sound import read_wav


def brain(url: str) -> Engine:
    return brain_engine(ServedBrain(provider="custom", model="m", address=url), has_key=True)


def test_a_brain_that_answers_is_heard_and_asked_once_with_the_key() -> None:
    async def main() -> None:
        async with FakeProvider() as provider:
            said = await tryout.answer(brain(provider.base_url), KEY, "You are Nova.")
            assert said == "Hello there, it is lovely to see you."
            assert [request.headers["authorization"] for request in provider.requests] == [f"Bearer {KEY}"]

    fake_provider.run(main())


def test_a_long_answer_is_hung_up_on_and_shown_in_one_line() -> None:
    async def main() -> None:
        async with FakeProvider() as provider:
            provider.words = ["well\n"] * 1_000
            provider.delay = 0.001
            said = await tryout.answer(brain(provider.base_url), KEY, "x")
            assert said.startswith("well well")
            assert "\n" not in said
            assert len(said) <= tryout.LONGEST_ANSWER
            await provider.requests[0].hung_up.wait()

    fake_provider.run(main())


@pytest.mark.parametrize(
    ("status", "mode", "says"),
    [
        (401, "ok", "refused the key (401): check the key"),
        (404, "ok", "check the address and model"),
        (500, "ok", "fault of its own"),
        (200, "wrong type", "does not answer like a language model"),
        (200, "empty", "without a single word"),
    ],
)
def test_a_brain_that_does_not_says_why_after_one_request(
    status: int, mode: fake_provider.Mode, says: str
) -> None:
    async def main() -> None:
        async with FakeProvider() as provider:
            provider.status, provider.mode = status, mode
            with pytest.raises(EngineError) as error:
                await tryout.answer(brain(provider.base_url), KEY, "x")
            assert says in str(error.value)
            assert KEY not in str(error.value)
            assert len(provider.requests) == 1

    fake_provider.run(main())


def test_a_voice_is_returned_as_a_file_that_plays() -> None:
    async def main() -> None:
        async with FakeProvider() as provider:
            engine = voice_engine(OpenAIVoice(address=provider.base_url), has_key=True)
            sound = await tryout.sample(engine, KEY, "Hello!")
            assert len(read_wav(sound)) > 1_000
            assert provider.requests[0].body["input"] == "Hello!"
            provider.mode = "empty"
            with pytest.raises(EngineError, match="without any sound"):
                await tryout.sample(engine, KEY, "Hello!")

    fake_provider.run(main())


def test_who_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryout, "LIMIT", 0.3)

    async def main() -> None:
        async with FakeProvider() as provider:
            provider.mode = "hang first"
            with pytest.raises(EngineError, match="Nothing came within"):
                await tryout.answer(brain(provider.base_url), KEY, "x")
            engine = voice_engine(OpenAIVoice(address=provider.base_url), has_key=False)
            with pytest.raises(EngineError, match="Nothing came within"):
                await tryout.sample(engine, "", "x")

    fake_provider.run(main())


def test_an_engine_that_does_not_exist_is_the_operators_fault() -> None:
    with pytest.raises(ConfigError):
        fake_provider.run(tryout.answer(Engine("nobody", {}), "", "x"))
