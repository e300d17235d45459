"""What the server answers with: its JSON as it came, typed. Times are RFC 3339, UTC.

Made from the API's description by `python -m tests.client.shapes`.
"""

from typing import Any, Literal, NotRequired, TypedDict


class Initiator(TypedDict):
    participant_id: str
    identity: str | None
    display_name: str | None
    avatar_url: str | None


class AnomalyShown(TypedDict):
    code: str
    at: str
    event_id: NotRequired[str | None]
    connection_id: NotRequired[str | None]


class Evidence(TypedDict):
    engine_seconds: float
    socket_seconds: float
    claimed_seconds: float


class OpenIssueShown(TypedDict):
    issue: str
    key: str | None
    severity: str | None
    since: str


Interval = TypedDict("Interval", {"from": str, "to": str | None})


class Intervals(TypedDict):
    connected: list[Interval]
    audio_on: list[Interval]
    video_on: list[Interval]
    screen: list[Interval]


class Connection(TypedDict):
    id: str
    name: str | None
    status: str
    joined_at: str | None
    connected_at: str | None
    left_at: str | None
    leave_reason: str | None
    duration_seconds: int | None
    attended_seconds: float
    setup_ms: int | None
    disconnection_count: int
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    audio_option: str | None
    browser: str | None
    os: str | None
    device_type: str | None
    metadata: dict[str, Any] | None
    engine_ids: dict[str, str]
    quality: str | None
    open_issues: list[OpenIssueShown]
    intervals: Intervals


class Participant(TypedDict):
    id: str
    user_id: str | None
    guest_id: str | None
    identity: str | None
    display_name: str | None
    avatar_url: str | None
    language: str | None
    call_role: str
    role: str | None
    side: str | None
    is_host: bool
    status: str
    joined_at: str | None
    connected_at: str | None
    left_at: str | None
    leave_reason: str | None
    attended_seconds: float
    evidence: Evidence
    wait_seconds: float
    join_count: int
    disconnection_count: int
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    ever_audio: bool | None
    ever_video: bool | None
    ever_screen: bool
    spoke_seconds: float
    messages_sent: int
    reactions_sent: int
    issue_count: int
    error_count: int
    event_count: int
    rating_stars: int | None
    quality_score: float | None
    quality_category: str | None
    average_bandwidth_kbps: float | None
    connections: list[Connection]


class Call(TypedDict):
    id: str
    version: int
    record_state: str
    status: str
    status_summary: str
    type: str
    mode: str
    engine: str
    room: str | None
    conversation_id: str | None
    appointment_id: str | None
    external_id: str | None
    created_at: str
    ringing_at: str | None
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    ended_by: str | None
    initiator: Initiator | None
    provider_id: str | None
    provider_name: str | None
    elapsed_seconds: float | None
    duration_seconds: int | None
    overlap_seconds: float
    overlap_claimed_seconds: float
    overlap_of: str
    participant_count: int
    peak_participants: int
    mode_switch_count: int
    disconnection_count: int
    issue_count: int
    quality_score: float | None
    quality_category: str | None
    connection_quality: str | None
    event_count: int
    anomaly_count: int
    anomalies: list[AnomalyShown]
    is_demo: bool
    needs_refold: bool
    settings: dict[str, Any]
    metadata: dict[str, Any]
    engine_data: dict[str, Any]
    updated_at: str
    participants: list[Participant]


class SeenConnection(TypedDict):
    id: str
    status: str


class SeenParticipant(TypedDict):
    id: str
    display_name: str | None
    role: str | None
    side: str | None
    host: bool
    status: str
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    connections: list[SeenConnection]


class SeenCall(TypedDict):
    id: str
    version: int
    status: str
    type: str
    mode: str
    room: str | None
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    settings: dict[str, Any]
    participants: list[SeenParticipant]


class Event(TypedDict):
    id: str
    type: str
    occurred_at: str
    received_at: str
    source: str
    participant_id: str | None
    connection_id: str | None
    data: dict[str, Any]
    sent_at: str | None
    basis_at: str | None


class Named(TypedDict):
    id: str
    display_name: str | None


class TimelineEntry(TypedDict):
    at: str
    until: NotRequired[str | None]
    type: str
    participant: Named | None
    connection: str | None
    detail: dict[str, Any]
    count: NotRequired[int]
    sources: list[str]
    is_guess: NotRequired[bool]


class Room(TypedDict):
    name: str
    title: str | None
    capacity: int
    type: Literal["audio", "video"]
    conversation_id: str | None
    settings: dict[str, Any]
    url: str
    created_at: str
    closed_at: str | None
    last_accessed_at: str
    access_count: int


class Invite(TypedDict):
    id: str
    room: str
    identity: str | None
    display_name: str | None
    role: str
    side: Literal["client", "provider"] | None
    is_host: bool
    opens_at: str | None
    closes_at: str | None
    max_uses: int | None
    use_count: int
    created_at: str
    revoked_at: str | None


class InviteLink(TypedDict):
    id: str
    room: str
    identity: str | None
    display_name: str | None
    role: str
    side: Literal["client", "provider"] | None
    is_host: bool
    opens_at: str | None
    closes_at: str | None
    max_uses: int | None
    use_count: int
    created_at: str
    revoked_at: str | None
    secret: str
    url: str


class AdmittedEngine(TypedDict):
    kind: Literal["external", "jitsi", "livekit", "mediasoup", "p2p"]


class AdmittedParticipant(TypedDict):
    id: str
    identity: str
    display_name: str | None
    role: str
    side: Literal["client", "provider"] | None
    host: bool


class IceServer(TypedDict):
    urls: list[str]
    username: NotRequired[str | None]
    credential: NotRequired[str | None]


class AdmittedSettings(TypedDict):
    heartbeat_seconds: int
    chat_enabled: bool
    screen_share_enabled: bool
    sample_seconds: int


class Admission(TypedDict):
    call_id: str
    room: str | None
    type: Literal["audio", "video"]
    mode: Literal["p2p", "sfu"]
    engine: AdmittedEngine
    waiting: bool
    participant: AdmittedParticipant
    connection: str
    token: str
    connect_until: str
    report_until: str | None
    resume: str
    socket: str
    ice_servers: list[IceServer]
    settings: AdmittedSettings
    server_time: str


class PersonStats(TypedDict):
    total: int
    completed: int
    failed: int
    total_duration_seconds: int
    average_duration_seconds: int
    quality_issues: int


class UserToken(TypedDict):
    token: str
    expires_at: str


class Outcome(TypedDict):
    id: str | None
    outcome: Literal["stored", "duplicate", "rejected"]
    code: NotRequired[
        Literal[
            "call.too_many_events",
            "call.too_many_participants",
            "call.too_many_samples",
            "call.unknown",
            "event.after_revocation",
            "event.conflict",
            "event.erased",
            "event.invalid",
            "event.not_allowed",
            "event.not_yours",
            "event.too_late",
            "event.unknown_type",
            "event.waiting",
            "sample.after_revocation",
            "sample.erased",
            "sample.invalid",
            "sample.not_yours",
            "sample.too_late",
        ]
    ]
    detail: NotRequired[str]


class Result(TypedDict):
    received: int
    stored: int
    duplicate: int
    rejected: int
    outcomes: list[Outcome]


class Sample(TypedDict):
    started_at: str
    interval_ms: int
    direction: Literal["inbound", "outbound"]
    kind: Literal["audio", "screen", "video"]
    muted: NotRequired[bool]
    packet_loss_pct: NotRequired[float | None]
    late_loss_pct: NotRequired[float | None]
    rtt_ms: NotRequired[float | None]
    path_rtt_ms: NotRequired[float | None]
    jitter_ms: NotRequired[float | None]
    jitter_buffer_ms: NotRequired[float | None]
    packets: NotRequired[int | None]
    bytes: NotRequired[int | None]
    bitrate_kbps: NotRequired[float | None]
    target_kbps: NotRequired[float | None]
    available_outgoing_kbps: NotRequired[float | None]
    codec: NotRequired[str | None]
    protection: NotRequired[Literal["fec", "none", "red", "red_fec"] | None]
    concealment_pct: NotRequired[float | None]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    fps: NotRequired[float | None]
    fps_expected: NotRequired[float | None]
    freeze_ratio: NotRequired[float | None]
    freeze_count: NotRequired[int | None]
    frames_dropped_pct: NotRequired[float | None]
    limitation: NotRequired[Literal["bandwidth", "cpu", "none", "other"] | None]
    counter_resets: NotRequired[int]
    id: str
    call_id: str
    participant_id: str
    connection_id: str
    mos: NotRequired[float | None]
    score: NotRequired[float | None]
    formula: NotRequired[str | None]


class Why(TypedDict):
    code: str
    points: float | None


class Coverage(TypedDict):
    connected_seconds: float
    covered_seconds: float
    share: float | None
    silent: list[Interval]


class Figures(TypedDict):
    mean: float
    p95: float
    max: float


class Track(TypedDict):
    direction: Literal["inbound", "outbound"]
    kind: Literal["audio", "screen", "video"]
    samples: int
    seconds: float
    muted_seconds: float
    score: float | None
    mos: float | None
    category: Literal["excellent", "fair", "good", "poor", "unknown"]
    reasons: list[Why]
    teams_cqd_class: Literal["Good", "Poor", "Unclassified"]
    rtt_ms: Figures | None
    jitter_ms: Figures | None
    jitter_buffer_ms: Figures | None
    packet_loss_pct: Figures | None
    late_loss_pct: Figures | None
    concealment_pct: Figures | None
    bitrate_kbps: Figures | None
    fps: Figures | None
    frames_dropped_pct: Figures | None
    width: int | None
    height: int | None
    codecs: list[str]
    freeze_seconds: float | None
    freeze_count: int | None
    limited_seconds: dict[str, float]
    packets: int | None
    bytes: int | None
    counter_resets: int


class Setup(TypedDict):
    mean_ms: float
    max_ms: int


class Minute(TypedDict):
    minute: int
    score: float | None
    rtt_ms: float | None
    packet_loss_pct: float | None
    bitrate_kbps: float | None
    jitter_ms: NotRequired[float | None]


class ShownIssue(TypedDict):
    code: str
    severity: Literal["critical", "warning"]
    participant_id: str
    connection_id: str | None
    direction: Literal["inbound", "outbound"] | None
    kind: Literal["audio", "screen", "video"] | None
    started_at: str
    ended_at: str
    critical_at: str | None
    seconds: float
    minute: int
    worst: float | None
    caused_by: NotRequired[str | None]
    display_name: str | None
    caused_by_name: str | None
    sentence: str


class ShownPerson(TypedDict):
    participant_id: str
    score: float | None
    category: Literal["excellent", "fair", "good", "poor", "unknown"]
    reasons: list[Why]
    sent_score: float | None
    coverage: Coverage
    reconnects: int
    disconnected_seconds: float
    setup_ms: int | None
    spoke_seconds: float
    bytes_sent: int | None
    bytes_received: int | None
    bandwidth_kbps: float | None
    rating_stars: int | None
    tracks: list[Track]
    minutes: list[Minute]
    identity: str | None
    display_name: str | None
    role: str | None
    side: str | None
    attended_seconds: float
    issues: list[ShownIssue]


class Report(TypedDict):
    call_id: str
    version: int
    revision: int
    record_state: str
    is_final: bool
    analyzed_at: str
    formula: str
    profile: str
    started_at: str | None
    ended_at: str | None
    elapsed_seconds: float | None
    overlap_seconds: float
    mode: str
    mode_switch_count: int
    participant_count: int
    peak_participants: int
    disconnection_count: int
    score: float | None
    category: str
    connection_quality: str | None
    reasons: list[Why]
    coverage: Coverage
    tracks: list[Track]
    bytes_sent: int | None
    bytes_received: int | None
    setup: Setup | None
    rating: float | None
    sample_count: int
    participants: list[ShownPerson]
    issues: list[ShownIssue]
    timeline: list[TimelineEntry]


class ShownAttendee(TypedDict):
    identity: str | None
    side: Literal["client", "provider"]
    display_name: str | None
    avatar_url: str | None


class HeldCall(TypedDict):
    id: str
    status: str
    version: int
    record_state: str
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    duration_seconds: int | None
    overlap_seconds: float
    quality_score: float | None
    quality_category: str | None
    recording_count: int


class Appointment(TypedDict):
    id: str
    external_id: str | None
    kind: Literal["assessment", "group", "individual"]
    status: Literal["cancelled", "completed", "confirmed", "declined", "in_progress", "no_show", "pending"]
    status_summary: Literal["active", "cancelled", "completed", "failed", "scheduled"]
    client_id: str | None
    provider_id: str | None
    clients: list[ShownAttendee]
    provider: ShownAttendee
    conversation_id: str | None
    scheduled_at: str
    ends_at: str
    duration_minutes: int
    opens_at: str
    closes_at: str
    is_video_call: bool
    room: str | None
    url: str | None
    recording_enabled: bool
    recording_url: str | None
    payment_status: Literal["completed", "failed", "pending", "refunded"]
    payment_provider: str | None
    payment_reference: str | None
    settings: dict[str, Any]
    metadata: dict[str, Any]
    reason: str | None
    confirmed_at: str | None
    declined_at: str | None
    cancelled_at: str | None
    completed_at: str | None
    call_count: int
    call_started_at: str | None
    call_ended_at: str | None
    call_duration_minutes: int | None
    formatted_duration: str
    call_failed: bool
    attended_client_seconds: int
    attended_provider_seconds: int
    overlap_seconds: int
    overlap_claimed_seconds: int
    no_show: Literal["both", "client", "provider"] | None
    evidence: Any
    calls: list[HeldCall]
    last_accessed_at: str
    access_count: int
    created_at: str
    updated_at: str


class AttendeeInvite(TypedDict):
    identity: str
    side: Literal["client", "provider"]
    display_name: str | None
    invite_id: str
    use_count: int
    revoked_at: str | None
    secret: str
    url: str


class KeptFigures(TypedDict):
    call_count: int
    call_started_at: str | None
    call_ended_at: str | None
    call_duration_minutes: int | None
    attended_client_seconds: float
    attended_provider_seconds: float
    overlap_seconds: float
    overlap_claimed_seconds: float


class Length(TypedDict):
    seconds: float
    minutes_floor: int
    minutes_nearest: int


class AttendedCall(TypedDict):
    id: str
    version: int
    record_state: str
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    elapsed: Length
    overlap: Length
    overlap_of: str


class Part(TypedDict):
    length: Length
    intervals: list[Interval]


EvidencedInterval = TypedDict("EvidencedInterval", {"from": str, "to": str, "evidence": Literal["claimed", "engine", "socket"]})


class Modality(TypedDict):
    audio_and_video: Part
    audio_only: Part
    video_only: Part
    neither: Part
    unknown: Part


class AttendedConnection(TypedDict):
    call_id: str
    connection_id: str
    browser: str | None
    os: str | None
    device_type: str | None
    there: list[Interval]
    connected: list[Interval]
    audio_on: list[Interval]
    video_on: list[Interval]


class AttendedPerson(TypedDict):
    identity: str | None
    display_name: str | None
    side: Literal["client", "provider"] | None
    is_booked: bool
    arrived_at: str | None
    left_at: str | None
    late: Length | None
    left_early: Length | None
    there: Part
    attended: Length
    evidence: Evidence
    intervals: list[EvidencedInterval]
    waited: Part
    modality: Modality
    connections: list[AttendedConnection]


class OverlapPart(TypedDict):
    length: Length
    claimed: Length
    intervals: list[Interval]
    modality: Modality


class Attendance(TypedDict):
    appointment_id: str
    status: Literal["cancelled", "completed", "confirmed", "declined", "in_progress", "no_show", "pending"]
    no_show: Literal["both", "client", "provider"] | None
    scheduled_at: str
    ends_at: str
    duration_minutes: int
    generated_at: str
    record_state: str | None
    calls_removed: int
    kept: KeptFigures
    calls: list[AttendedCall]
    people: list[AttendedPerson]
    elapsed: Length
    overlap: OverlapPart
    rounding: dict[str, str]


class Person(TypedDict):
    identity: str
    display_name: str | None
    avatar_url: str | None
    language: str | None
    role: str | None
    side: Literal["client", "provider"] | None
    time_zone: str | None
    is_given: bool
    created_at: str
    updated_at: str


class Setting(TypedDict):
    name: str
    value: Any
    source: Literal["default", "deployment", "environment"]
    default: Any
    levels: list[Literal["appointment", "call", "deployment", "room"]]
    type: Literal["boolean", "integer", "text"]
    least: int | None
    most: int | None
    one_of: list[str]
    sentence: str


class AuditEntry(TypedDict):
    id: str
    at: str
    action: str
    caller: str
    call_id: str | None
    room: str | None
    invite_id: str | None
    appointment_id: str | None
    participant_id: str | None
    error_code: str | None
    error_message: str | None
    duration_ms: int | None
    metadata: dict[str, Any]
    identity: str | None
    address: str | None
    user_agent: str | None
