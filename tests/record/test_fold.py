"""What facts come to: the record of calls that go well, and of those that don't."""

from tests.record.story import CALL, Story, at, person, seconds, spans

from callwell.ids import derived_id
from callwell.record import events as e
from callwell.record.events import Event
from callwell.record.evolve import MOST_ENDS, fold
from callwell.record.state import MOST_ANOMALIES

# ── A call that goes well ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def therapy() -> Story:
    """A client and a therapist: the client is connected from 5 to 100, the therapist from 20 to the end, which comes at 100."""
    story = Story().created(0, initiator_id=person("ana"), provider_id=person("ngozi"))
    story.joined("ana", 2, role="client").connected("ana", 5)
    story.joined("ngozi", 18, role="psychologist", is_host=True).connected("ngozi", 20)
    return story.ended(100)


def test_a_call_starts_with_the_first_who_is_connected() -> None:
    """Coming in is not enough: elapsed time runs from the first media to the end."""
    call = therapy().call

    assert (call.status, call.record_state, call.end_reason) == ("ended", "provisional", "normal")
    assert (seconds(call.created_at), seconds(call.started_at), seconds(call.ended_at)) == (0, 5, 100)
    assert call.elapsed_ms == 95_000


def test_attended_is_each_ones_own_and_overlap_is_of_both_sides() -> None:
    """The client was there for 95 s, the therapist for 80, and both for 80."""
    story = therapy()

    assert (story.of("ana").attended_ms, story.of("ngozi").attended_ms) == (95_000, 80_000)
    assert (story.call.overlap_ms, story.call.overlap_of) == (80_000, "sides")
    assert (story.call.participant_count, story.call.peak_participants) == (2, 2)


def test_who_is_there_at_the_end_leaves_with_it() -> None:
    """Nobody said that they left; the call ended, and so did their part in it."""
    ana = therapy().of("ana")

    assert (ana.status, seconds(ana.left_at), ana.leave_reason) == ("left", 100, "call_ended")
    assert therapy().connection("ana").duration_seconds == 95


def test_what_is_known_of_people_comes_from_the_call_and_from_themselves() -> None:
    """Who began it is the initiator; role and host are as they came in."""
    story = therapy()

    assert (story.of("ana").call_role, story.of("ngozi").call_role) == ("initiator", "participant")
    assert [(p.role, p.side, p.is_host) for p in (story.of("ana"), story.of("ngozi"))] == [
        ("client", "client", False),
        ("psychologist", "provider", True),
    ]


def test_while_it_goes_on_the_record_is_live() -> None:
    """Given a call that has not ended, then what has not ended is not counted, unless one asks as of a time."""
    story = Story().created(0).joined("ana", 0).connected("ana", 5)

    assert (story.call.status, story.call.record_state, story.call.ended_at, story.call.elapsed_ms) == ("active", "live", None, None)
    assert story.of("ana").attended_ms == 0
    assert story.record(65).participants[person("ana")].attended_ms == 60_000


# ── Before anybody is there ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_is_initiated_then_rings_then_is_active() -> None:
    """The status follows what was heard, and nothing else."""
    story = Story().created(0, initiator_id=person("ana"))
    assert story.call.status == "initiated"
    story.fact(1, "call.ringing", e.CallRinging(people_ids=(person("ben"),)))
    assert (story.call.status, seconds(story.call.ringing_at)) == ("ringing", 1)
    story.connected("ben", 8)
    assert story.call.status == "active"


def test_who_is_named_and_never_came_is_invited() -> None:
    """Somebody who is rung for stands in the record, with no time of their own, and does not count as having taken part."""
    story = Story().created(0)
    story.people["user:ben"] = person("ben")

    ben = story.of("ben")
    assert (ben.status, ben.joined_at, ben.join_count, story.call.participant_count) == ("invited", None, 0, 0)


def test_a_call_that_fails_has_an_end_and_no_length() -> None:
    """It never came about: it is over, and there is nothing to count."""
    call = Story().created(0).fact(3, "call.failed", e.CallFailed("no_media")).call

    assert (call.status, seconds(call.ended_at), call.end_reason, call.elapsed_ms) == ("failed", 3, "no_media", None)


def test_an_engine_that_says_the_call_is_on_starts_it() -> None:
    """Where nobody's connection is known, the engine's word that the call is on is its start."""
    call = Story().created(0).fact(7, "call.started", e.CallStarted({"sid": "RM_1"})).ended(60).call

    assert (seconds(call.started_at), call.elapsed_ms, call.engine_data) == (7, 53_000, {"sid": "RM_1"})


def test_a_call_that_nobody_created_begins_with_its_first_fact() -> None:
    """An engine may tell of people before anybody tells of the call."""
    call = Story().connected("ana", 12).call

    assert (seconds(call.created_at), call.status) == (12, "active")


# ── People with several connections ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_is_refreshed_is_the_same_person_with_a_second_connection() -> None:
    """Given a refresh whose old connection is given up late, then the time that both seemed to be there counts once."""
    story = Story().there("ana", 0, 50, "tab 1").there("ana", 40, 100, "tab 2").ended(100)

    ana = story.of("ana")
    assert (ana.attended_ms, ana.join_count, story.call.participant_count, story.call.peak_participants) == (100_000, 2, 1, 1)
    assert [story.connection("ana", tab).attended_ms for tab in ("tab 1", "tab 2")] == [50_000, 60_000]


def test_a_person_is_as_their_best_connection_is() -> None:
    """Who left with one device and is connected with another is connected."""
    story = Story().joined("ana", 0).connected("ana", 1)
    story.there("ana", 0, 20, "phone")

    assert (story.of("ana").status, story.of("ana").left_at, story.connection("ana", "phone").status) == ("connected", None, "left")


def test_two_sources_that_tell_of_one_coming_make_one_connection_time() -> None:
    """The page and the engine both say connected: it is counted once, with the engine's word for it."""
    story = Story().joined("ana", 0).connected("ana", 1, source="sdk:a").connected("ana", 2, source="engine:livekit").left("ana", 10)

    assert spans(story.folded("ana").spans) == [(1, 10)]
    assert (story.of("ana").attended_engine_ms, story.of("ana").attended_claimed_ms) == (9_000, 0)


def test_a_source_may_use_one_name_for_several_stays() -> None:
    """Left, and then there again under the same name: joined twice, and both times are counted."""
    story = Story().there("ana", 0, 10).there("ana", 30, 45).ended(60)

    assert (story.of("ana").join_count, story.of("ana").attended_ms, seconds(story.of("ana").left_at)) == (2, 25_000, 45)


# ── Losing the connection ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_time_without_media_is_not_attended() -> None:
    """Disconnected for 10 s of a minute: 50 s attended, one disconnection."""
    story = Story().joined("ana", 0).connected("ana", 0).disconnected("ana", 20).reconnected("ana", 30).ended(60)

    assert (story.of("ana").attended_ms, story.of("ana").disconnection_count, story.call.disconnection_count) == (50_000, 1, 1)


def test_being_told_twice_of_one_loss_is_one_loss() -> None:
    """The second word that media is lost changes nothing."""
    story = Story().connected("ana", 0).disconnected("ana", 20).disconnected("ana", 22)

    assert (story.of("ana").disconnection_count, story.anomalies()) == (1, [])


# ── Facts that make no sense where they stand ─────────────────────────────────────────────────────────────────────────────────────


def test_left_before_joined_is_kept_and_shown() -> None:
    """Given that somebody left who never came, then nobody attended anything and the fact is marked."""
    story = Story().created(0).fact(3, "participant.disconnected", e.Disconnected(), "ana").left("ana", 5)

    assert (story.of("ana").status, story.of("ana").joined_at, story.of("ana").attended_ms) == ("left", None, 0)
    assert story.anomalies() == ["disconnected_when_not_connected"]


def test_joining_without_leaving_lasts_until_the_end() -> None:
    """Nobody said that they left: they did with the call."""
    story = Story().joined("ana", 0).connected("ana", 4).ended(64)

    assert (story.of("ana").attended_ms, story.of("ana").leave_reason) == (60_000, "call_ended")


def test_what_happens_after_the_end_is_an_anomaly_and_counts_nothing() -> None:
    """A commanded end is final: who is connected later is kept, shown and not counted."""
    story = Story().there("ana", 0, 50).ended(60)
    story.connected("ben", 70)

    assert (story.call.status, story.call.elapsed_ms, story.of("ben").attended_ms) == ("ended", 60_000, 0)
    assert (story.of("ben").joined_at, story.of("ben").connected_at, story.call.participant_count) == (None, None, 1)
    assert story.anomalies() == ["after_end"]
    assert story.call.anomaly_count == 1


def test_an_end_cuts_what_goes_on() -> None:
    """Whoever is said to have left after the end left with it."""
    story = Story().there("ana", 0, 90).ended(60)

    assert (seconds(story.of("ana").left_at), story.of("ana").attended_ms) == (60, 60_000)


def test_a_fact_after_somebody_left_does_not_bring_them_back() -> None:
    """Media of a connection that is over is an anomaly."""
    story = Story().there("ana", 0, 10).media("ana", 12, audio_enabled=True)

    assert (story.of("ana").status, story.anomalies()) == ("left", ["media_after_leaving"])


def test_a_call_is_created_once() -> None:
    """A second word of the beginning changes nothing and is shown."""
    story = Story().created(0, type="audio").created(5, type="video")

    assert (story.call.type, story.anomalies()) == ("audio", ["created_again"])


def test_few_anomalies_are_shown_and_all_are_counted() -> None:
    """A source that talks nonsense does not fill the record with it."""
    story = Story().there("ana", 0, 1)
    for n in range(MOST_ANOMALIES + 30):
        story.media("ana", 2 + n, audio_enabled=True)

    assert (len(story.folded("ana").anomalies), story.call.anomaly_count) == (MOST_ANOMALIES, MOST_ANOMALIES + 30)


# ── Several ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_earliest_end_is_the_end() -> None:
    """Two say that it is over: it was when the first said so."""
    story = Story().there("ana", 0, 90).ended(60, "forced").ended(80, "normal")

    assert (seconds(story.call.ended_at), story.call.end_reason) == (60, "forced")


def test_of_a_failure_and_an_end_the_earlier_decides() -> None:
    """What failed before it was ended has failed; what was ended before it failed has ended."""
    failed = Story().connected("ana", 0).fact(10, "call.failed", e.CallFailed()).ended(20)
    ended = Story().connected("ana", 0).ended(10).fact(20, "call.failed", e.CallFailed())

    assert (failed.call.status, ended.call.status) == ("failed", "ended")


def test_ends_are_bounded() -> None:
    """A source that ends a call over and over makes it no larger than the bound, and the first still decides."""
    story = Story().connected("ana", 0)
    for n in range(MOST_ENDS + 10):
        story.ended(10 + n)

    assert (len(story.state.call.ends), seconds(story.call.ended_at)) == (MOST_ENDS, 10)


# ── Waiting ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_waiting_time_is_kept() -> None:
    """In the waiting room from 0 to 30, let in, connected at 32."""
    story = Story().fact(0, "participant.waiting", e.Waiting(role="client"), "ana")
    assert (story.of("ana").status, story.of("ana").joined_at) == ("waiting", None)
    story.fact(30, "participant.admitted", e.Admitted(), "ana").connected("ana", 32).ended(60)

    ana = story.of("ana")
    assert (ana.wait_ms, seconds(ana.joined_at), seconds(ana.connected_at), ana.role) == (30_000, 30, 32, "client")


def test_who_is_refused_was_never_in() -> None:
    """Sent away from the waiting room: the wait is kept, and nothing else."""
    story = Story().fact(0, "participant.waiting", e.Waiting(), "ana").fact(10, "participant.refused", e.Left("not_now"), "ana")

    ana = story.of("ana")
    assert (ana.status, ana.leave_reason, ana.wait_ms, ana.joined_at, story.call.participant_count) == ("refused", "not_now", 10_000, None, 0)


# ── What people did ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_muted_when_is_kept() -> None:
    """The microphone is on from 0 to 10 and from 20 until they leave; the camera never; the screen for 5 s."""
    story = Story().joined("ana", 0, audio_enabled=True, video_enabled=False).connected("ana", 0)
    story.media("ana", 10, audio_enabled=False).media("ana", 20, audio_enabled=True)
    story.media("ana", 30, screen_shared=True).media("ana", 35, screen_shared=False).left("ana", 40)

    folded = story.folded("ana")
    assert (spans(folded.audio.spans), spans(folded.video.spans), spans(folded.screen.spans)) == ([(0, 10), (20, 40)], [], [(30, 35)])
    ana = story.of("ana")
    assert (ana.ever_audio, ana.ever_video, ana.ever_screen) == (True, False, True)


def test_what_nobody_said_is_not_known() -> None:
    """Unknown is null, never off."""
    ana = Story().connected("ana", 0).of("ana")

    assert (ana.audio_enabled, ana.ever_audio, ana.ever_video) == (None, None, None)


def test_only_what_changed_changes() -> None:
    """A change of the camera leaves the microphone as it was, and the audio route too."""
    story = Story().joined("ana", 0, audio_enabled=True, video_enabled=True, audio_option="wifi").media("ana", 5, video_enabled=False)

    c = story.connection("ana")
    assert (c.audio_enabled, c.video_enabled, c.audio_option) == (True, False, "wifi")


def test_what_people_did_is_counted_over_all_their_devices() -> None:
    """Messages, reactions, speaking, errors and problems of one person add up, whatever they were there with."""
    story = Story()
    for device in ("laptop", "phone"):
        story.connected("ana", 0, device)
        story.fact(1, "chat.sent", e.Nothing(), "ana", device).fact(2, "reaction.sent", e.ReactionSent("wave"), "ana", device)
        story.fact(3, "speaker.spoke", e.SpeakerSpoke(1500), "ana", device).fact(4, "error.occurred", e.ErrorOccurred("ice"), "ana", device)
        story.fact(5, "issue.reported", e.IssueReported("no sound"), "ana", device).fact(6, "issue.raised", e.IssueRaised("freeze"), "ana", device)

    ana = story.of("ana")
    assert (ana.messages_sent, ana.reactions_sent, ana.spoke_ms, ana.error_count, ana.issue_count) == (2, 2, 3000, 2, 4)
    assert story.call.issue_count == 4


def test_a_problem_that_becomes_worse_is_one_problem_until_it_is_cleared() -> None:
    """Counted once while it goes on; again when it comes back. Two tracks are two problems."""
    story = Story().connected("ana", 0)
    for when, severity in ((10, "warning"), (20, "critical")):
        story.fact(when, "issue.raised", e.IssueRaised("freeze", "inbound.video", severity), "ana")  # pyright: ignore[reportArgumentType]
    story.fact(25, "issue.raised", e.IssueRaised("freeze", "inbound.screen"), "ana")
    story.fact(30, "issue.cleared", e.IssueCleared("freeze", "inbound.screen"), "ana")

    (open,) = story.folded("ana").open_issues
    assert (open.issue, open.key, open.severity, open.since) == ("freeze", "inbound.video", "critical", at(10))
    assert story.of("ana").issue_count == 2

    story.fact(40, "issue.cleared", e.IssueCleared("freeze", "inbound.video"), "ana")
    story.fact(50, "issue.raised", e.IssueRaised("freeze", "inbound.video"), "ana")
    assert story.of("ana").issue_count == 3


def test_what_is_concluded_from_silence_proves_no_guess_wrong() -> None:
    """Quality is ours to tell, and may be told of somebody who is gone: it shows of nobody that they were there."""
    story = Story().connected("ana", 0).holds("ana", 0, 100)
    story.fact(70, "quality.changed", e.QualityChanged("poor"), "ana").fact(80, "issue.cleared", e.IssueCleared("freeze"), "ana")

    assert story.sweep(101) == [("participant.disconnected", 100, 55)]
    assert story.connection("ana").status == "disconnected"


def test_the_newest_rating_is_the_rating() -> None:
    """Somebody who rates again means the second one, whichever device the first was given with."""
    story = Story().fact(70, "rating.submitted", e.RatingSubmitted(2), "ana", "phone").fact(60, "rating.submitted", e.RatingSubmitted(5), "ana")

    assert story.of("ana").rating_stars == 2


def test_settings_merge_in_the_order_in_which_they_were_changed() -> None:
    """Each change says only what it changes."""
    story = Story().created(0, settings={"chat": True, "recording": False})
    story.fact(10, "call.settings_changed", e.SettingsChanged({"recording": True})).fact(
        20, "call.settings_changed", e.SettingsChanged({"chat": False})
    )

    assert story.call.settings == {"chat": False, "recording": True}


def test_changes_of_mode_are_counted() -> None:
    """To the SFU with the third; being told of the mode that it is in is no change."""
    story = Story().created(0, mode="p2p").fact(5, "call.mode_changed", e.ModeChanged("sfu")).fact(6, "call.mode_changed", e.ModeChanged("sfu"))

    assert (story.call.mode, story.call.mode_switch_count) == ("sfu", 1)


def test_a_fact_of_a_kind_that_means_nothing_to_the_fold_is_kept_and_counted() -> None:
    """The host's own facts are facts of the call, and change nothing in it."""
    story = Story().created(0).fact(5, "custom.poke", e.Custom({"a": 1})).fact(6, "custom.poke", e.Custom({}), "ana")

    assert (story.call.event_count, story.of("ana").event_count, story.of("ana").status) == (3, 1, "invited")


# ── Order ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_facts_of_one_moment_fold_by_their_ids() -> None:
    """Given two facts at the same time, then the id decides which came first, in whatever order they are given."""
    first = Event(CALL, derived_id("a"), "key:a", "call.settings_changed", at(1), e.SettingsChanged({"x": 1}))
    second = Event(CALL, derived_id("b"), "key:a", "call.settings_changed", at(1), e.SettingsChanged({"x": 2}))
    last = max(first, second, key=lambda fact: fact.id)

    assert fold([first, second]).call.settings == fold([second, first]).call.settings == dict(last.payload.settings)  # pyright: ignore[reportAttributeAccessIssue]


def test_a_late_fact_changes_the_record_as_if_it_had_come_in_time() -> None:
    """What a page kept through an outage and sends afterwards stands where it happened."""
    in_time = Story().joined("ana", 0).connected("ana", 0).disconnected("ana", 20).reconnected("ana", 30).ended(60)
    late = Story()
    late.facts, late.people = in_time.facts[::-1], in_time.people

    assert late.record() == in_time.record()


def test_a_role_that_was_said_last_stands() -> None:
    """Of several connections the newest that says a role has it; sides follow from roles that hosts use."""
    story = Story().joined("ana", 0, "laptop", role="observer").joined("ana", 10, "phone", role="Therapist")

    assert (story.of("ana").role, story.of("ana").side) == ("Therapist", "provider")


def test_the_fold_is_total() -> None:
    """A fact of any type about anything, alone in a call, can be folded and derived."""
    for name, type in e.CATALOGUE.items():
        if name == "call.created":
            continue
        payload = _some(type)
        story = Story()
        story.fact(0, name, payload, None if type.subject is e.Subject.CALL else "ana")
        assert story.call.event_count == 1
        assert story.record(50).call.id == CALL


def _some(type: e.EventType) -> e.Payload:
    needed = {
        "call.mode_changed": b'{"mode": "sfu"}', "call.settings_changed": b'{"settings": {}}', "speaker.spoke": b'{"duration_ms": 5}',
        "view.changed": b'{"view": "grid"}', "quality.changed": b'{"category": "good"}', "issue.raised": b'{"issue": "freeze"}',
        "issue.cleared": b'{"issue": "freeze"}', "issue.reported": b'{"text": "no sound"}', "consent.given": b'{"kind": "recording"}',
        "consent.withdrawn": b'{"kind": "recording"}', "rating.submitted": b'{"stars": 4}', "error.occurred": b'{"code": "ice"}',
    }  # fmt: skip
    return e.read_payload(type.name, needed.get(type.name, b"{}"))


# ── Stays ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def stays_of(story: Story, who: str) -> list[tuple[float | None, float | None]]:
    return [(seconds(stay.start), seconds(stay.end)) for stay in story.folded(who).stays]


def test_a_stay_is_from_coming_to_leaving_whether_media_flowed_or_not() -> None:
    """Somebody alone in a room for two is never connected, and was there all the same."""
    story = Story().joined("ana", 5).left("ana", 600)

    assert (stays_of(story, "ana"), story.folded("ana").spans) == ([(5, 600)], [])


def test_a_stay_begins_in_the_waiting_room() -> None:
    """Who is let in after waiting was there from the first; who is refused, too."""
    ana = Story().fact(5, "participant.waiting", e.Waiting(), "ana").fact(30, "participant.admitted", e.Admitted(), "ana").left("ana", 60)
    ben = Story().fact(5, "participant.waiting", e.Waiting(), "ben").fact(30, "participant.refused", e.Left("refused"), "ben")

    assert stays_of(ana, "ana") == [(5, 60)]
    assert stays_of(ben, "ben") == [(5, 30)]


def test_a_connection_that_was_only_lost_stays() -> None:
    """Lost and back within the grace is one stay; gone and back is two."""
    lost = Story().joined("ana", 0).connected("ana", 1).disconnected("ana", 20).reconnected("ana", 40).left("ana", 60)
    gone = Story().joined("ana", 0).connected("ana", 1).left("ana", 20).connected("ana", 40).left("ana", 60)

    assert stays_of(lost, "ana") == [(0, 60)]
    assert stays_of(gone, "ana") == [(0, 20), (40, 60)]


def test_a_page_that_kept_its_media_never_left() -> None:
    """A timer took silence for leaving; the page says that nothing stopped, so the stay goes on."""
    story = Story().created(0).joined("ana", 0).connected("ana", 1).holds("ana", 0, 45)
    story.sweep(110)
    story.reconnected("ana", 150, media_kept=True).left("ana", 200)

    assert stays_of(story, "ana") == [(0, 200)]
