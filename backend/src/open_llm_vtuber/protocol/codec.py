"""Text of the wire ↔ message classes."""

import re

from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import from_json

from open_llm_vtuber.errors import EngineError, ErrorCode, VTuberError
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.server_messages import Error, ServerMessage

_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
_CODES: dict[str, ErrorCode] = {
    "json_invalid": "bad-json",
    "string_unicode": "bad-json",
    "union_tag_invalid": "unknown-type",
    "string_too_long": "too-long",
    "too_long": "too-long",
}
_LONGEST_ECHO = 100
"""Characters of a client's own words that an error repeats."""
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")


def decode(text: str) -> ClientMessage | Error:
    """Return the message in a text frame or, whatever the text is, the answer that refuses it."""
    try:
        return _CLIENT.validate_json(text)
    except ValidationError as error:
        return _refusal(text, error)


def encode(message: ServerMessage) -> str:
    """Return the message as one JSON object, `type` first."""
    rest = message.model_dump_json(exclude={"type"})
    return f'{{"type":"{message.type}"{"" if rest == "{}" else ","}{rest[1:]}'


def problem(error: VTuberError, *, request_type: str, request_id: str | None) -> Error:
    """Return the answer to a request that a show refused or could not do."""
    return Error(
        message=str(error),
        code=error.code,
        request_type=request_type,
        request_id=request_id,
        retryable=error.retryable if isinstance(error, EngineError) else None,
        retry_after=error.retry_after if isinstance(error, EngineError) else None,
    )


def harmless(text: str) -> str:
    """Return `text` with each `<` that could open a tag followed by a zero-width space.

    Existing web clients put some texts into their page as HTML and others as plain text; this is right in both.
    """
    return _TAG_START.sub("<\u200b", text)


def _refusal(text: str, error: ValidationError) -> Error:
    fault = error.errors(include_input=False, include_url=False)[0]
    given = _object(text)
    return Error(
        code=_CODES.get(fault["type"], "bad-message"),
        message=_sentence(fault["type"], tuple(fault["loc"]), fault["msg"], given),
        request_type=_short(given.get("type")),
        request_id=_short(given.get("request_id") or given.get("requestId")),
    )


def _sentence(kind: str, place: tuple[int | str, ...], what: str, given: dict[str, object]) -> str:
    match kind:
        case "json_invalid" | "string_unicode":
            return "This is not JSON."
        case "model_attributes_type" | "dict_type" | "model_type" if len(place) == 0:
            return "A message is a JSON object."
        case "union_tag_not_found":
            return "A message is a JSON object with a string 'type'."
        case "union_tag_invalid":
            return f"Unknown message type: {_short(given.get('type'))}"
        case _:
            parts = [str(part) for part in place[1:]]
            if (
                kind == "missing" and parts
            ):  # pydantic calls it by its camelCase alias, the reference does not
                parts[-1] = to_snake(parts[-1])
            field = ".".join(parts)
            return f"{field}: {what}" if field else what


def _object(text: str) -> dict[str, object]:
    try:
        given = from_json(text)
    except (ValueError, TypeError):  # a TypeError: surrogates, which no socket brings
        return {}
    return given if isinstance(given, dict) else {}


def _short(value: object) -> str | None:
    return value[:_LONGEST_ECHO] if isinstance(value, str) else None
