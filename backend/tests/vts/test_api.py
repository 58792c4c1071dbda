"""Requests and answers of the plugin API, as its documentation writes them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.vts import api
from open_llm_vtuber.vts.api import (
    AskForToken,
    Authenticate,
    Done,
    Expressions,
    GetState,
    Hotkeys,
    ListExpressions,
    ListHotkeys,
    MoveMouth,
    PressHotkey,
    Refusal,
    Request,
    SwitchExpression,
    TokenGranted,
    decode,
    encode,
    is_answer_to,
)

PLUGIN = {"pluginName": api.PLUGIN_NAME, "pluginDeveloper": api.PLUGIN_DEVELOPER}


@pytest.mark.parametrize(
    ("request_", "kind", "data"),
    [
        (GetState(), "APIStateRequest", {}),
        (AskForToken(), "AuthenticationTokenRequest", PLUGIN),
        (Authenticate("t"), "AuthenticationRequest", {**PLUGIN, "authenticationToken": "t"}),
        (ListExpressions(), "ExpressionStateRequest", {"details": False}),
        (ListHotkeys(), "HotkeysInCurrentModelRequest", {}),
        (
            SwitchExpression("joy.exp3.json", on=True, fade=0.5),
            "ExpressionActivationRequest",
            {"expressionFile": "joy.exp3.json", "fadeTime": 0.5, "active": True},
        ),
        (PressHotkey("h1"), "HotkeyTriggerRequest", {"hotkeyID": "h1"}),
        (
            MoveMouth("MouthOpen", 0.7),
            "InjectParameterDataRequest",
            {"mode": "set", "parameterValues": [{"id": "MouthOpen", "value": 0.7}]},
        ),
    ],
)
def test_a_request_is_written_as_documented(request_: Request, kind: str, data: dict[str, object]) -> None:
    assert json.loads(encode(request_, "olv-1")) == {
        "apiName": "VTubeStudioPublicAPI",
        "apiVersion": "1.0",
        "requestID": "olv-1",
        "messageType": kind,
        "data": data,
    }


def test_the_plugins_names_are_as_long_as_they_may_be() -> None:
    assert all(3 <= len(name) <= 32 for name in PLUGIN.values())


def answer(kind: str, **data: object) -> str:
    return json.dumps(
        {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "timestamp": 1625405710728,
            "messageType": kind,
            "requestID": "olv-1",
            "data": data,
            "newInSomeVersion": [1],
        }
    )


def test_answers_are_read_and_unknown_fields_do_not_disturb() -> None:
    listed = {"name": "joy", "file": "joy.exp3.json", "active": True, "deactivateWhenKeyIsLetGo": False}
    found = decode(
        answer("ExpressionStateResponse", modelLoaded=True, modelName="A", modelID="x", expressions=[listed])
    )
    assert isinstance(found, Expressions)
    assert (found.data.is_loaded, found.data.model, found.data.model_id) == (True, "A", "x")
    assert [(each.file, each.active) for each in found.data.expressions] == [("joy.exp3.json", True)]
    hotkey = {"name": "Wave", "type": "TriggerAnimation", "hotkeyID": "h", "keyCombination": []}
    found = decode(answer("HotkeysInCurrentModelResponse", modelID="x", availableHotkeys=[hotkey]))
    assert isinstance(found, Hotkeys)
    assert [(each.name, each.action, each.hotkey_id) for each in found.data.hotkeys] == [
        ("Wave", "TriggerAnimation", "h")
    ]
    found = decode(answer("APIError", errorID=50, message="User has denied API access for your plugin."))
    assert isinstance(found, Refusal)
    assert found.data.number == api.DENIED
    assert isinstance(decode(answer("InjectParameterDataResponse")), Done)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "{}",
        b"\xff\xfe",
        answer("ModelLoadedEvent", modelLoaded=True),
        answer("ExpressionStateResponse", modelLoaded="perhaps"),
        answer("AuthenticationTokenResponse", authenticationToken=""),
        answer("AuthenticationTokenResponse", authenticationToken="t" * 65),
        answer("APIError", message="no number"),
        "[" * 100_000,
    ],
)
def test_what_is_no_answer_is_none(frame: str | bytes) -> None:
    assert decode(frame) is None


@given(st.one_of(st.text(), st.binary(), st.dictionaries(st.text(), st.text()).map(json.dumps)))
def test_any_frame_is_an_answer_or_none(frame: str | bytes) -> None:
    assert decode(frame) is None


def test_a_token_is_not_in_what_is_printed_of_it() -> None:
    granted = decode(answer("AuthenticationTokenResponse", authenticationToken="secret-token"))
    assert isinstance(granted, TokenGranted)
    assert granted.data.token == "secret-token"
    assert "secret-token" not in repr(granted) + repr(Authenticate("secret-token"))


def test_an_answer_only_fits_the_request_that_gets_it() -> None:
    done, refused = (
        decode(answer("HotkeyTriggerResponse", hotkeyID="h")),
        decode(answer("APIError", errorID=1)),
    )
    assert done is not None
    assert refused is not None
    assert is_answer_to(PressHotkey("h"), done)
    assert not is_answer_to(ListHotkeys(), done)
    assert not is_answer_to(AskForToken(), done)
    assert is_answer_to(ListHotkeys(), refused)
