"""Problems: when they begin, how bad they get, and when they are over."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from callwell.quality.issues import CODES, IssueChange, Outage, Watch, find_issues, find_reconnects
from callwell.quality.profiles import Profile, load_profiles
from callwell.quality.samples import Measured, Sample

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
DEFAULT = load_profiles()["default-v1"]
TEAMS = load_profiles()["teams-cqd"]

GOOD: dict[str, dict[str, Any]] = {
    "audio": {"packet_loss_pct": 0.0, "rtt_ms": 50.0, "jitter_ms": 5.0, "packets": 500, "bytes": 40_000, "concealment_pct": 0.0},
    "video": {
        "packet_loss_pct": 0.0, "rtt_ms": 50.0, "jitter_ms": 5.0, "packets": 2000, "bytes": 1_875_000, "bitrate_kbps": 1500.0,
        "width": 1280, "height": 720, "fps": 30.0, "freeze_ratio": 0.0, "freeze_count": 0, "frames_dropped_pct": 0.0, "limitation": "none",
    },
}  # fmt: skip
GOOD["screen"] = {**GOOD["video"], "fps": 5.0}


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def sample(number: int, kind: Any = "video", *, seconds: float = 10.0, **figures: Any) -> Measured:
    """The one of that number in a row, good but for these figures."""
    shape = {"started_at": at(number * seconds), "interval_ms": round(1000 * seconds), "direction": "inbound", "kind": kind}
    return Measured(**{**shape, **GOOD[kind], **figures})


def row(shown: str, kind: Any = "video", *, seconds: float = 10.0, **bad: Any) -> Iterator[Measured]:
    """A sample for each letter: ``b`` with the bad figures, ``g`` good, ``m`` muted, a blank for none."""
    for number, letter in enumerate(shown):
        if letter != " ":
            yield sample(number, kind, seconds=seconds, **(bad if letter == "b" else {"muted": True} if letter == "m" else {}))


def changes(samples: Iterable[Measured], profile: Profile = DEFAULT) -> list[tuple[str, str, bool, float]]:
    """Code, severity, whether it began, and seconds from the start."""
    watch = Watch(profile)
    return [told(change) for one in samples for change in watch.feed(one)]


def told(change: IssueChange) -> tuple[str, str, bool, float]:
    return change.code, change.severity, change.raised, (change.at - NINE).total_seconds()


def raised(samples: Iterable[Measured], profile: Profile = DEFAULT) -> dict[str, str]:
    """The severity of each problem that these samples raise, at its worst."""
    return {code: severity for code, severity, began, _ in changes(samples, profile) if began}


# ── Begin and end ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_of_five_raise_and_none_of_five_clear() -> None:
    """Given samples of which the second, fourth and fifth have a long round trip, it is raised by the fifth and cleared five good ones later."""
    assert changes(row("gbgbbggggg", rtt_ms=400.0)) == [("high_rtt", "warning", True, 50), ("high_rtt", "warning", False, 100)]


@pytest.mark.parametrize("shown", ["bb", "bbgggbb", "bgbgggbgb", "ggggg"])
def test_less_than_three_of_five_raise_nothing(shown: str) -> None:
    """A bad moment is no problem yet."""
    assert changes(row(shown, rtt_ms=400.0)) == []


def test_one_bad_sample_within_five_keeps_it_open() -> None:
    """It is over when none of the last five shows it, and then once."""
    found = changes(row("bbbggggbgggggggg", rtt_ms=400.0))
    assert found == [("high_rtt", "warning", True, 30), ("high_rtt", "warning", False, 130)]


def test_it_is_not_cleared_within_five_seconds() -> None:
    """Of samples of half a second five good ones are not enough: 5 s have to pass since it was raised."""
    found = changes(row("bbb" + "g" * 12, seconds=0.5, rtt_ms=400.0))
    assert found == [("high_rtt", "warning", True, 1.5), ("high_rtt", "warning", False, 6.5)]


def test_it_can_begin_again() -> None:
    """Each time is one of its own."""
    assert [began for _, _, began, _ in changes(row("bbbgggggbbbggggg", rtt_ms=400.0))] == [True, False, True, False]


def test_getting_worse_is_told_once() -> None:
    """Given a warning that becomes critical, then it is raised again as critical, once, and cleared as such with the worst that it was."""
    watch = Watch(DEFAULT)
    found = [
        change
        for number, rtt in enumerate([400.0] * 4 + [600.0] * 5 + [400.0] * 6 + [50.0] * 5)
        for change in watch.feed(sample(number, rtt_ms=rtt), UUID(int=number))
    ]

    assert [(change.severity, change.raised, change.value) for change in found] == [
        ("warning", True, 400.0),
        ("critical", True, 600.0),
        ("critical", False, 600.0),
    ]
    assert [change.sample_id for change in found] == [UUID(int=2), UUID(int=6), UUID(int=19)]
    assert {change.key for change in found} == {"inbound.video"}


def test_tracks_do_not_know_of_each_other() -> None:
    """Bad samples of three tracks are not three bad samples of one."""
    watch = Watch(DEFAULT)
    bad = [sample(0, kind, rtt_ms=400.0, direction=direction) for kind in ("audio", "video") for direction in ("inbound", "outbound")]
    assert [change for one in bad for change in watch.feed(one)] == []


def test_one_that_is_older_than_the_newest_changes_nothing() -> None:
    """Given a sample again, or one that comes late, then nothing is told and nothing counted."""
    watch = Watch(DEFAULT)
    second = sample(1, rtt_ms=400.0)
    for late in (second, second, sample(0, rtt_ms=400.0), second):
        assert watch.feed(late) == []
    assert watch.feed(sample(2, rtt_ms=400.0)) == []
    assert [change.code for change in watch.feed(sample(3, rtt_ms=400.0))] == ["high_rtt"]


# ── Muted, paused, away ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_muting_clears_what_is_open() -> None:
    """A problem of a track that nobody wants to hear does not go on, and what was before counts no more after."""
    assert changes(row("bbbmbbgb", "audio", rtt_ms=400.0)) == [
        ("high_rtt", "warning", True, 30),
        ("high_rtt", "warning", False, 40),
        ("high_rtt", "warning", True, 80),
    ]


def test_muted_tracks_raise_nothing() -> None:
    """Nothing flows from a muted track; nothing is missed."""
    silent = {"muted": True, "bytes": 0, "packets": 0, "bitrate_kbps": 0.0, "fps": 0.0, "packet_loss_pct": 100.0}
    assert changes(sample(number, kind, **silent) for kind in ("audio", "video", "screen") for number in range(8)) == []


def test_a_gap_of_more_than_a_minute_begins_anew() -> None:
    """Given two bad samples, a minute of nothing and a bad one, then nothing is raised; what was open before a longer gap is cleared after it."""
    assert changes(row("bb" + " " * 7 + "b", rtt_ms=400.0)) == []
    assert changes(row("bb" + " " * 6 + "b", rtt_ms=400.0)) != []
    assert changes(row("bbb" + " " * 7 + "b", rtt_ms=400.0)) == [("high_rtt", "warning", True, 30), ("high_rtt", "warning", False, 110)]


def test_the_end_clears_what_is_open() -> None:
    """Who is gone has no problems."""
    watch = Watch(DEFAULT)
    for one in row("bbb", rtt_ms=400.0):
        watch.feed(one)
    assert [told(change) for change in watch.finish(at(33))] == [("high_rtt", "warning", False, 33)]
    assert watch.finish(at(34)) == []


def test_another_watch_goes_on_where_one_stopped() -> None:
    """Given what was open, then it is not raised again, and cleared when five samples do not show it."""
    first = Watch(DEFAULT)
    for one in row("bbb", rtt_ms=400.0):
        first.feed(one)
    second = Watch(DEFAULT, first.open)

    found = [told(change) for one in row("   bggggg", rtt_ms=450.0) for change in second.feed(one)]

    assert found == [("high_rtt", "warning", False, 90)]
    assert second.open == []


# ── Each rule ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "figures", "found"),
    [
        ("audio", {"rtt_ms": 300.0}, {}),
        ("audio", {"rtt_ms": 301.0}, {"high_rtt": "warning"}),
        ("audio", {"rtt_ms": 501.0, "jitter_ms": 0.0}, {"high_rtt": "critical"}),
        ("audio", {"jitter_ms": 30.0}, {}),
        ("audio", {"jitter_ms": 31.0}, {"high_jitter": "warning"}),
        ("video", {"jitter_ms": 101.0}, {"high_jitter": "critical"}),
        ("audio", {"packet_loss_pct": 3.0, "protection": "red_fec"}, {}),
        ("audio", {"packet_loss_pct": 3.1, "protection": "red_fec"}, {"high_packet_loss": "warning"}),
        ("video", {"packet_loss_pct": 5.0}, {}),
        ("video", {"packet_loss_pct": 5.1}, {"high_packet_loss": "warning"}),
        ("video", {"packet_loss_pct": 10.1}, {"high_packet_loss": "critical"}),
        ("audio", {"jitter_buffer_ms": 285.0}, {}),
        ("audio", {"jitter_buffer_ms": 295.0}, {"low_mos": "warning"}),
        ("audio", {"jitter_buffer_ms": 370.0}, {"low_mos": "critical"}),
        ("video", {"rtt_ms": None, "jitter_buffer_ms": 3000.0}, {}),
        ("video", {"bitrate_kbps": 630.0}, {}),
        ("video", {"bitrate_kbps": 629.0}, {"low_bitrate": "warning"}),
        ("video", {"bitrate_kbps": 84.0}, {"low_bitrate": "critical"}),
        ("video", {"bitrate_kbps": 29.0, "width": 160, "height": 90}, {"low_bitrate": "critical"}),
        ("video", {"bitrate_kbps": 31.0, "width": 160, "height": 90}, {}),
        ("video", {"bitrate_kbps": 630.0, "width": 720, "height": 1280}, {}),
        ("screen", {"bitrate_kbps": 29.0}, {}),
        ("video", {"direction": "outbound", "available_outgoing_kbps": 900.0, "target_kbps": 1000.0}, {"low_bitrate": "warning"}),
        ("video", {"direction": "outbound", "available_outgoing_kbps": 1000.0, "target_kbps": 1000.0}, {}),
        ("video", {"available_outgoing_kbps": 900.0, "target_kbps": 1000.0}, {}),
        ("video", {"freeze_ratio": 0.05, "freeze_count": 1}, {}),
        ("video", {"freeze_ratio": 0.051, "freeze_count": 1}, {"freeze": "warning"}),
        ("video", {"freeze_ratio": 0.55, "freeze_count": 1}, {"freeze": "critical"}),
        ("video", {"freeze_ratio": 0.55, "freeze_count": 5}, {"freeze": "warning"}),
        ("video", {"fps": 10.0}, {}),
        ("video", {"fps": 9.0}, {"low_fps": "warning"}),
        ("video", {"fps": 6.0}, {"low_fps": "critical"}),
        ("video", {"fps": 0.0}, {"low_fps": "critical", "freeze": "critical"}),
        ("screen", {"fps": 3.0}, {}),
        ("screen", {"fps": 2.5}, {"low_fps": "warning"}),
        ("screen", {"fps": 1.9}, {"low_fps": "critical"}),
        ("audio", {"concealment_pct": 3.1}, {"audio_concealment": "warning"}),
        ("audio", {"concealment_pct": 7.1}, {"audio_concealment": "critical"}),
        ("video", {"concealment_pct": 7.1}, {}),
        ("video", {"frames_dropped_pct": 10.1}, {"frames_dropped": "warning"}),
        ("video", {"frames_dropped_pct": 51.0}, {"frames_dropped": "critical"}),
        ("audio", {"bytes": 0, "packets": 0, "packet_loss_pct": None}, {"no_media": "critical"}),
        ("video", {"bytes": None, "packets": 0}, {"no_media": "critical"}),
        ("video", {"bytes": None, "packets": None}, {}),
        ("video", {"limitation": "cpu", "direction": "outbound"}, {"cpu_limited": "warning"}),
        ("video", {"limitation": "bandwidth", "direction": "outbound"}, {}),
    ],
)
def test_what_raises_what(kind: Any, figures: dict[str, Any], found: dict[str, str]) -> None:
    """Just beyond a threshold three samples raise it, at the threshold none."""
    assert raised(row("bbb", kind, **figures)) == found


def test_half_a_second_frozen_in_a_sample_of_five_is_a_tenth_of_it() -> None:
    """A second of freezing, or a twentieth of the sample, whichever is less."""
    assert raised(row("bbb", seconds=5.0, freeze_ratio=0.1, freeze_count=1)) == {"freeze": "warning"}
    assert raised(row("bbb", seconds=30.0, freeze_ratio=0.04, freeze_count=1)) == {"freeze": "warning"}


def test_no_frame_for_five_seconds_is_critical_however_short_the_samples() -> None:
    """Given samples of 2 s without a frame, then the third completes five seconds, and the third of those in a row is critical."""
    critical = [
        seconds for code, severity, began, seconds in changes(row("bbbbbb", seconds=2.0, fps=0.0)) if (code, severity) == ("freeze", "critical")
    ]
    assert critical == [10]


def test_loss_is_a_mean_of_seven_and_is_over_under_one_percent() -> None:
    """Given ten samples of 10 % and then of 2 %, it stays open at 2 %; it is over when the mean of seven has been under 1 % five times."""
    watch = Watch(DEFAULT)
    losses = [10.0] * 10 + [2.0] * 20 + [0.0] * 20
    found = [told(change) for number, loss in enumerate(losses) for change in watch.feed(sample(number, packet_loss_pct=loss))]

    # After 4 clean samples the mean is 6/7 %, after 8 it has been below 1 % five times.
    assert found == [("high_packet_loss", "warning", True, 30), ("high_packet_loss", "warning", False, 380)]


def test_loss_among_few_packets_is_no_problem() -> None:
    """Of less than 25 packets expected a share means nothing; of 30 in ten seconds of speech 10 % weigh like 2.6 %."""
    assert raised(row("bbb", "audio", packets=20, packet_loss_pct=15.0, protection="red_fec")) == {}
    assert raised(row("bbb", "audio", packets=30, packet_loss_pct=10.0, protection="red_fec")) == {}
    assert raised(row("bbb", "audio", packets=480, packet_loss_pct=4.0, protection="red_fec")) == {"high_packet_loss": "warning"}


def test_many_lost_packets_are_not_taken_for_silence() -> None:
    """5 received of 500 sent are no pause in speech: what was expected counts, not what came."""
    assert raised(row("bbb", "audio", packets=5, packet_loss_pct=99.0))["high_packet_loss"] == "critical"


def test_nothing_flows_while_the_connection_is_lost() -> None:
    """No media is a problem of its own only where it could flow, and only three times in a row."""
    watch = Watch(DEFAULT)
    silent: dict[str, Any] = {"bytes": 0, "packets": 0, "packet_loss_pct": None}
    assert [change for number in range(5) for change in watch.feed(sample(number, "audio", **silent), connected=False)] == []
    assert raised(row("bbgb", "audio", **silent)) == {}
    assert raised(row("bgbgb", "audio", **silent)) == {}


def test_strange_numbers_are_no_problem() -> None:
    """NaN and the infinite say nothing, and nothing that is told holds them."""
    for value in (float("nan"), float("inf"), float("-inf"), -1.0):
        figures = ("packet_loss_pct", "rtt_ms", "jitter_ms", "concealment_pct", "bitrate_kbps", "freeze_ratio", "frames_dropped_pct", "fps")
        strange: dict[str, Any] = dict.fromkeys(figures, value)
        for kind in ("audio", "video", "screen"):
            assert raised(row("bbbbb", kind, **{**strange, "bytes": 100_000_000})) == {}


def test_unknown_numbers_are_no_problem() -> None:
    """Unknown is neither good nor bad; what was open for a figure that is no longer known is cleared."""
    unknown: dict[str, Any] = dict.fromkeys(name for kind in GOOD.values() for name in kind)
    assert raised(row("bbbbb", **unknown)) == {}
    watch = Watch(DEFAULT)
    found = [told(change) for number in range(8) for change in watch.feed(sample(number, rtt_ms=400.0 if number < 3 else None))]
    assert found == [("high_rtt", "warning", True, 30), ("high_rtt", "warning", False, 80)]


def test_another_profile_finds_other_problems() -> None:
    """By Teams' thresholds a round trip of 400 ms is none, and nobody looks at opinions."""
    assert raised(row("bbb", "audio", rtt_ms=400.0), TEAMS) == {}
    assert raised(row("bbb", "audio", rtt_ms=600.0), TEAMS) == {"high_rtt": "warning"}
    assert raised(row("bbb", "audio", jitter_buffer_ms=400.0), TEAMS) == {}


# ── Afterwards ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_afterwards_a_problem_is_from_the_first_sample_that_showed_it_to_the_last() -> None:
    """Given bad samples from 10 s to 60 s, critical from 40 s, then that is the interval, with the worst that was measured."""
    rtts = [50.0, 400.0, 400.0, 400.0, 700.0, 600.0, 650.0, *[50.0] * 6]
    (found,) = find_issues([sample(number, rtt_ms=rtt) for number, rtt in enumerate(rtts)], DEFAULT)

    assert (found.code, found.kind, found.direction, found.severity, found.value) == ("high_rtt", "video", "inbound", "critical", 700.0)
    assert (found.started_at, found.critical_at, found.ended_at) == (at(10), at(40), at(70))


def test_the_order_in_which_samples_come_changes_nothing() -> None:
    """They are put in order first."""
    samples = [*row("gbbbbggggg", rtt_ms=400.0), *row("gggbbbbbgg", "audio", packet_loss_pct=20.0)]
    assert find_issues(reversed(samples), DEFAULT) == find_issues(samples, DEFAULT) != []


def test_what_is_open_at_the_end_ends_with_its_track() -> None:
    """A problem is told also when nothing came after it."""
    (found,) = find_issues(row("gbbbb", rtt_ms=400.0), DEFAULT)
    assert (found.started_at, found.ended_at) == (at(10), at(50))


def test_muting_ends_a_problem_where_it_was_last_heard() -> None:
    """Its interval does not go on through silence."""
    (found,) = find_issues(row("bbbbmmmmmm", "audio", rtt_ms=400.0), DEFAULT)
    assert found.ended_at == at(40)


def test_live_and_afterwards_the_same_is_found() -> None:
    """What a watch raised is what is found, and nothing else."""
    samples = [*row("gbbgbbggggggbbbggggg", rtt_ms=400.0)]
    live = [change for change in changes(samples) if change[2]]
    assert [(issue.code, issue.severity) for issue in find_issues(samples, DEFAULT)] == [(code, severity) for code, severity, _, _ in live]


def test_devices_of_one_person_have_problems_of_their_own() -> None:
    """Samples of two connections at the same time are two tracks."""

    def kept(one: Measured, connection: int) -> Sample:
        ids: dict[str, Any] = {
            "id": UUID(int=connection),
            "call_id": UUID(int=0),
            "participant_id": UUID(int=0),
            "connection_id": UUID(int=connection),
        }
        return Sample(**msgspec.structs.asdict(one), **ids)

    bad, good = list(row("bbbb", rtt_ms=400.0)), list(row("gggg"))
    found = find_issues([*(kept(one, 1) for one in bad), *(kept(one, 2) for one in good)], DEFAULT)
    assert [issue.connection_id for issue in found] == [UUID(int=1)]


def test_no_media_while_away_is_told_as_the_reconnect_alone() -> None:
    """Given nothing for 40 s in which the connection was lost, then that is one critical reconnect."""
    silent: dict[str, Any] = {"bytes": 0, "packets": 0, "packet_loss_pct": None}
    found = find_issues(row("ggbbbbgg", "audio", **silent), DEFAULT, [Outage(at(21), at(59))])
    assert [(issue.code, issue.severity) for issue in found] == [("reconnect", "critical")]


# ── Reconnects ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("outage", "severity"),
    [
        (Outage(at(0), at(3)), "warning"),
        (Outage(at(0), at(10)), "critical"),
        (Outage(at(0), at(90)), "critical"),
        (Outage(at(0), at(9), rejoined=True), "warning"),
        (Outage(at(0), at(60), rejoined=True), "critical"),
        (Outage(at(0), at(61), rejoined=True), None),
        (Outage(at(0), None), None),
    ],
)
def test_coming_back_is_a_reconnect(outage: Outage, severity: str | None) -> None:
    """By itself whenever, by joining again within a minute; critical from ten seconds on. Who never came back did not reconnect."""
    assert [issue.severity for issue in find_reconnects([outage], DEFAULT.reconnect)] == ([severity] if severity else [])


def test_the_third_within_ten_minutes_is_critical() -> None:
    """And the fourth that comes much later is not."""
    outages = [Outage(at(start), at(start + 2)) for start in (0, 100, 598, 5000)]
    assert [issue.severity for issue in find_reconnects(outages, DEFAULT.reconnect)] == ["warning", "warning", "critical", "warning"]


def test_a_profile_without_the_rule_finds_none() -> None:
    """As with every rule."""
    assert find_reconnects([Outage(at(0), at(30))], TEAMS.reconnect) == []
    assert set(CODES) == {name for name in Profile.__struct_fields__ if name not in ("name", "window", "caps")}
