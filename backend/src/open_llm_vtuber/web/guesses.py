"""Pure: how often an address may be wrong about a token. Time is passed in, in seconds."""

import math
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from open_llm_vtuber.units import Seconds

AT_ONCE = 10
FORGIVEN_EVERY: Seconds = 6.0
"""After that long one wrong token is forgiven: ten a minute."""
MOST_ADDRESSES = 1_000
"""How many are remembered; then the one that was wrong longest ago is forgotten."""
_ONE_SUBSCRIBER = 64
"""Bits of an IPv6 address that one subscriber has for itself are the others: all of them are one guesser."""


class Guesses:
    """Counts wrong tokens by address: a bucket that leaks."""

    def __init__(self) -> None:
        self._forgiven_at: OrderedDict[str, Seconds] = OrderedDict()
        """Address → when all of its wrong tokens will have been forgiven."""

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._forgiven_at)

    def wait(self, address: str, now: Seconds) -> int:
        """Return for how many seconds no token of that address is looked at; 0 when it may try."""
        due = self._forgiven_at.get(_guesser(address), now) - now
        return max(0, math.ceil(due - (AT_ONCE - 1) * FORGIVEN_EVERY))

    def note(self, address: str, now: Seconds) -> None:
        """Note a wrong token."""
        guesser = _guesser(address)
        self._forgiven_at[guesser] = max(self._forgiven_at.get(guesser, now), now) + FORGIVEN_EVERY
        self._forgiven_at.move_to_end(guesser)
        while len(self._forgiven_at) > MOST_ADDRESSES:
            self._forgiven_at.popitem(last=False)


def _guesser(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address[:100]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _ONE_SUBSCRIBER), strict=False))
