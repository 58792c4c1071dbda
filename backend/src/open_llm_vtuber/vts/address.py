"""Which addresses VTube Studio may have. Pure."""

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from open_llm_vtuber.errors import ConfigError

NAMES_AT_HOME = (".local", ".internal", ".home.arpa")
"""Ends of names that no public server has."""


def checked_address(url: str) -> str:
    """Return the address as it is. Raises ConfigError for one that the token should not be sent to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")  # else looking the name up would raise it later
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"ws", "wss"} or not host or parts.username or parts.password:
        raise ConfigError("live_config.vtube_studio.url must be an address such as ws://127.0.0.1:8001.")
    if parts.scheme == "ws" and not _is_near(host):
        raise ConfigError(
            "live_config.vtube_studio.url: plain ws:// only leads to this machine or a private network."
        )
    return url


def _is_near(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(NAMES_AT_HOME)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return not (address.is_global or address.is_multicast or address.is_unspecified)
