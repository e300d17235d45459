"""What the relay does to what goes one way through it."""

from random import Random

import pytest

from .relay import MOST_WAITING_SECONDS, Way


def test_it_loses_the_share_that_it_is_told_and_the_same_packets_each_time() -> None:
    """Given a way that loses a fifth, then about a fifth of many packets is lost, and of the same packets the same ones."""

    def lost() -> list[bool]:
        way = Way(Random(1), loss=0.2)
        return [way.wait(1000, 0.0) is None for _ in range(5000)]

    assert sum(lost()) / 5000 == pytest.approx(0.2, abs=0.02)
    assert lost() == lost()


def test_a_way_without_troubles_lets_everything_through_at_once() -> None:
    way = Way(Random(1))

    assert [way.wait(1000, 0.0) for _ in range(100)] == [0.0] * 100
    assert (way.passed, way.lost) == (100, 0)


def test_delay_is_the_same_for_all() -> None:
    way = Way(Random(1), delay_seconds=0.15)

    assert [way.wait(size, at) for size, at in ((10, 0.0), (1000, 0.0), (1000, 5.0))] == [0.15] * 3


def test_a_way_that_is_too_narrow_makes_packets_wait_for_each_other_and_loses_what_would_wait_too_long() -> None:
    """Given 80 kbit/s, which take 0.1 s for 1000 bytes, when six come at once, then each waits for those before it, and the last are lost."""
    way = Way(Random(1), kbps=80)

    waits = [way.wait(1000, 0.0) for _ in range(6)]

    assert waits[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert waits[4:] == [None, None], f"they would have waited longer than {MOST_WAITING_SECONDS} s"
    assert way.wait(1000, 10.0) == pytest.approx(0.1), "after a pause nobody waits"
