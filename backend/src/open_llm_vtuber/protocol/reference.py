"""The reference of all messages, written from the message classes: it cannot be out of date."""

import inspect
import json
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from open_llm_vtuber.errors import ERROR_CODES
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.server_messages import ServerMessage

_HEAD = """\
<!-- Written by `open-llm-vtuber protocol`; a test compares it with the message classes. -->
# The messages

One JSON object a text frame, on the WebSocket at `/client-ws` (a private show that lasts as long as the connection)
or `/client-ws?show=main` (the show on air; an unknown name closes the connection with 4404).

Unknown fields of a client's message are ignored, an unknown `type` gets an `error`, and the connection stays. A
`request_id` is repeated in the answer. camelCase spellings of the fields are accepted; answers use snake_case.

A client that sent `client-hello` also gets `seq` on every cue (rising by one on its connection), and `turn_id` on
what belongs to a turn, with `index` on `audio`.

Codes of an `error`: {codes}.
"""


def reference() -> str:
    """Return the reference as Markdown."""
    codes = ", ".join(f"`{code}`" for code in ERROR_CODES)
    parts = [_HEAD.format(codes=codes), "\n## Client → server\n"]
    parts += [_entry(message) for message in _classes(ClientMessage)]
    parts += ["\n## Server → client\n"]
    parts += [_entry(message) for message in _classes(ServerMessage)]
    return "\n".join(parts)


def _classes(union: object) -> Iterator[type[BaseModel]]:
    yield from get_args(get_args(union)[0])


def _entry(message: type[BaseModel]) -> str:
    capability = getattr(message, "capability", None)
    audience = f" To clients with capability `{capability}`." if capability else ""
    rows = [_row(name, message) for name in message.model_fields if name != "type"]
    table = "\n".join(["| field | type | default |", "|---|---|---|", *rows]) if rows else "No fields."
    schema = json.dumps(message.model_json_schema(by_alias=False), ensure_ascii=False)
    return (
        f"### `{message.model_fields['type'].default}`\n\n{inspect.getdoc(message)}{audience}\n\n{table}\n\n"
        f"<details><summary>JSON schema</summary>\n\n```json\n{schema}\n```\n</details>\n"
    )


def _row(name: str, message: type[BaseModel]) -> str:
    schema = message.model_json_schema(by_alias=False)
    field = schema["properties"][name]
    is_required = name in schema.get("required", ())
    default = "required" if is_required else f"`{json.dumps(field.get('default'))}`"
    return f"| `{name}` | {_type(field)} | {default} |"


def _type(field: dict[str, object]) -> str:
    match field:
        case {"$ref": str(target)}:
            return f"`{target.rsplit('/', 1)[-1]}`"
        case {"anyOf": list(options)} | {"oneOf": list(options)}:
            return " or ".join(_type(option) for option in options)
        case {"enum": list(values)}:
            return " · ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
        case {"type": "array", "items": dict(item)}:
            return f"list of {_type(item)}"
        case {"type": str(kind)}:
            limits = [
                f"{key} {field[key]}"
                for key in ("minLength", "maxLength", "minimum", "maximum")
                if key in field
            ]
            return kind + (f" ({', '.join(limits)})" if limits else "")
        case _:
            return "any"
