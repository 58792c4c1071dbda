"""How long to wait before the next attempt."""

from random import Random

from open_llm_vtuber.vts.pauses import Pauses


def test_each_pause_is_longer_up_to_the_longest_and_a_good_connection_starts_anew() -> None:
    pauses = Pauses(1.0, 30.0, Random(1))
    taken = [pauses.next() for _ in range(2_000)]
    for pause, whole in zip(taken, [1, 2, 4, 8, 16, 30, 30], strict=False):
        assert whole / 2 <= pause <= whole
    assert max(taken) <= 30
    pauses.reset()
    assert pauses.next() <= 1


def test_no_two_servers_come_back_together() -> None:
    assert Pauses(1.0, 30.0, Random(1)).next() != Pauses(1.0, 30.0, Random(2)).next()
