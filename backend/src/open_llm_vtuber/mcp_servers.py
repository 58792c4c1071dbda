"""Which MCP servers there are: `mcp_servers.json` beside the configuration."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from open_llm_vtuber.accounts import BaseUrl
from open_llm_vtuber.engines import faults
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.units import Seconds

FILE = "mcp_servers.json"


class McpServerSettings(BaseModel):
    """How a server is started or where it is, and how long one of its tools may take."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] | None = None
    """Beside the few variables that every program needs; the server's own secrets are not passed on."""
    cwd: Path | None = None
    url: BaseUrl | None = None
    """Of a server that somebody else runs: it is asked over HTTP, and nothing is started."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Sent to that address with each request, for example the key."""
    timeout: Seconds = Field(default=20.0, gt=0, le=600)

    @model_validator(mode="after")
    def _is_somewhere(self) -> "McpServerSettings":
        if bool(self.command) == bool(self.url):
            raise ValueError("needs either a command that starts it or the url where it is")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    mcp_servers: dict[str, object] = Field(default_factory=dict)


def mcp_servers(folder: Path, report: Callable[[str], None]) -> Mapping[str, McpServerSettings]:
    """Return the servers of that folder's file, none without a file. Raises ConfigError.

    A faulty entry is reported and left out: it costs its own tools and no others. Their working folder is that of the
    file, or relative to it.
    """
    try:
        given = _File.model_validate(_read(folder / FILE)).mcp_servers
    except ValidationError as error:
        raise ConfigError(f"{FILE}: {faults(error)}") from error
    servers = {}
    for name, entry in given.items():
        try:
            server = McpServerSettings.model_validate(entry)
        except ValidationError as error:
            report(f"{FILE}: {name} is left out: {faults(error)}")
            continue
        servers[name] = server.model_copy(update={"cwd": (folder / (server.cwd or ".")).absolute()})
    return servers


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())  # it finds out the encoding by itself
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{FILE} cannot be read as JSON.") from error
