"""The messages as an AsyncAPI 3.0 document, written from the message classes: programs can read that one.

The names are those of the specification (asyncapi.com, version 3.0.0). `receive` and `send` are the server's.
"""

import inspect
import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from open_llm_vtuber import __version__
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.server_messages import ServerMessage

_ABOUT = (
    "One JSON object a text frame. Unknown fields of a client's message are ignored; a request_id is repeated in every "
    "answer to it. Written by `open-llm-vtuber protocol --format asyncapi`; docs/protocol.md says the same to people."
)
_STAMPS: dict[str, dict[str, str]] = {
    "seq": {"type": "integer", "description": "Rises by one on a connection; after client-hello."},
    "turn_id": {"type": "string", "description": "The turn that it belongs to; after client-hello."},
}
_INDEX = {"type": "integer", "description": "Which sentence of the turn; after client-hello."}
_SCHEMAS = "#/components/schemas/"


def asyncapi() -> str:
    """Return the document as JSON text."""
    return json.dumps(_document(), ensure_ascii=False, indent=1) + "\n"


def _document() -> dict[str, Any]:
    sent, received = list(_classes(ServerMessage)), list(_classes(ClientMessage))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Open-LLM-VTuber live",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:12393", "protocol": "ws"}},
        "channels": {"show": _channel(sent + received)},
        "operations": {
            "fromClient": _operation("receive", "What clients send.", received),
            "toClient": _operation("send", "Answers, and cues to everybody in the show.", sent),
        },
        "components": {
            "messages": {each.__name__: _message(each) for each in sent + received},
            "schemas": _schemas(sent, received),
        },
    }


def _classes(union: object) -> Iterator[type[BaseModel]]:
    yield from get_args(get_args(union)[0])


def _channel(messages: list[type[BaseModel]]) -> dict[str, Any]:
    return {
        "address": "/client-ws",
        "description": "Without `show` a private show that ends with the connection; `main` is the show on air.",
        "servers": [{"$ref": "#/servers/local"}],
        "messages": {each.__name__: {"$ref": f"#/components/messages/{each.__name__}"} for each in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        "show": {"type": "string", "description": "The show to join."},
                        "token": {"type": "string", "description": "The access token, where one is set."},
                    },
                },
            }
        },
    }


def _operation(action: str, summary: str, messages: list[type[BaseModel]]) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/show"},
        "messages": [{"$ref": f"#/channels/show/messages/{each.__name__}"} for each in messages],
    }


def _message(message: type[BaseModel]) -> dict[str, Any]:
    capability = getattr(message, "capability", None)
    audience = f" To clients with the capability {capability}." if capability else ""
    entry: dict[str, Any] = {
        "name": message.model_fields["type"].default,
        "summary": " ".join((inspect.getdoc(message) or "").split()) + audience,
        "payload": {"$ref": _SCHEMAS + message.__name__},
    }
    if "request_id" in message.model_fields:
        entry["correlationId"] = {"location": "$message.payload#/request_id"}
    return entry


def _schemas(sent: list[type[BaseModel]], received: list[type[BaseModel]]) -> dict[str, Any]:
    # An answer's own serializer, which leaves out what is absent, would hide its fields.
    _, written = models_json_schema(
        [(each, "validation") for each in (*sent, *received)],
        by_alias=False,
        ref_template=_SCHEMAS + "{model}",
    )
    schemas: dict[str, Any] = written["$defs"]
    for each in sent:
        stamps = {**_STAMPS, "index": _INDEX} if each.model_fields["type"].default == "audio" else _STAMPS
        own = schemas[each.__name__]["properties"]
        own.update({name: stamp for name, stamp in stamps.items() if name not in own})
    for each in (
        *sent,
        *received,
    ):  # what stands in for a missing `type` is of no use to who writes a message
        schema = schemas[each.__name__]
        schema["required"] = sorted({"type", *schema.get("required", ())})
    return schemas
