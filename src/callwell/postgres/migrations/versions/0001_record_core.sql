-- The record and what it stands on. Everything about a call carries call_id (calls: id), and every key of those tables contains it.

-- ── Access ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    hash         bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz
);

-- What was answered to a write that carried an Idempotency-Key, kept 24 h. A row without an answer is a request still running.
CREATE TABLE idempotency_keys (
    caller     text NOT NULL,
    key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request    bytea NOT NULL,
    status     smallint,
    answer     bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- ── Planning ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE conversations (
    id         text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    kind       text CHECK (length(kind) <= 50),
    title      text CHECK (length(title) <= 500),
    is_active  boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- A light directory that the host feeds: how a user or guest is called where nothing nearer says it.
CREATE TABLE people (
    identity     text PRIMARY KEY CHECK (identity ~ '^(user|guest):.{1,200}$'),
    display_name text CHECK (length(display_name) <= 200),
    avatar_url   text CHECK (length(avatar_url) <= 2000),
    language     text CHECK (length(language) <= 35),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);

CREATE TABLE rooms (
    id               uuid PRIMARY KEY,
    title            text CHECK (length(title) <= 500),
    conversation_id  text REFERENCES conversations (id) ON DELETE CASCADE,
    capacity         smallint NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    type             text NOT NULL CHECK (type IN ('video', 'audio')),
    settings         jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL,
    closed_at        timestamptz,
    last_accessed_at timestamptz NOT NULL,
    access_count     bigint NOT NULL DEFAULT 0 CHECK (access_count >= 0)
);
CREATE INDEX rooms_newest ON rooms (created_at DESC, id DESC);
CREATE INDEX rooms_by_conversation ON rooms (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX rooms_by_access ON rooms (last_accessed_at);

-- A grant to join a room. Its secret is made from its id and the deployment's key, and stands nowhere.
CREATE TABLE invites (
    id           uuid PRIMARY KEY,
    room_id      uuid NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    identity     text CHECK (identity ~ '^(user|guest):.{1,200}$'),
    display_name text CHECK (length(display_name) <= 200),
    role         text NOT NULL CHECK (length(role) BETWEEN 1 AND 50),
    side         text CHECK (side IN ('client', 'provider')),
    is_host      boolean NOT NULL DEFAULT false,
    opens_at     timestamptz,
    closes_at    timestamptz,
    max_uses     integer CHECK (max_uses > 0),
    use_count    integer NOT NULL DEFAULT 0 CHECK (use_count >= 0 AND (max_uses IS NULL OR use_count <= max_uses)),
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    CHECK (closes_at > opens_at)
);
CREATE INDEX invites_by_room ON invites (room_id, created_at);

-- One use is one distinct person.
CREATE TABLE invite_uses (
    invite_id uuid NOT NULL REFERENCES invites (id) ON DELETE CASCADE,
    identity  text NOT NULL,
    used_at   timestamptz NOT NULL,
    PRIMARY KEY (invite_id, identity)
);

-- ── The record ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE calls (
    id                  uuid PRIMARY KEY,
    version             bigint NOT NULL DEFAULT 0,
    record_state        text NOT NULL DEFAULT 'live' CHECK (record_state IN ('live', 'provisional', 'final')),
    status              text NOT NULL DEFAULT 'initiated' CHECK (status IN ('initiated', 'ringing', 'active', 'ended', 'failed')),
    type                text NOT NULL DEFAULT 'video' CHECK (type IN ('video', 'audio')),
    mode                text NOT NULL DEFAULT 'p2p' CHECK (mode IN ('p2p', 'sfu')),
    engine              text NOT NULL DEFAULT 'external' CHECK (engine IN ('p2p', 'livekit', 'jitsi', 'mediasoup', 'external')),
    room_id             uuid,
    conversation_id     text,
    appointment_id      uuid,
    external_id         text,
    initiator_id        uuid,
    provider_id         uuid,
    provider_name       text CHECK (length(provider_name) <= 200),
    is_demo             boolean NOT NULL DEFAULT false,
    settings            json NOT NULL DEFAULT '{}',
    metadata            json NOT NULL DEFAULT '{}',
    engine_data         json NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL,
    ringing_at          timestamptz,
    started_at          timestamptz,
    ended_at            timestamptz,
    end_reason          text,
    ended_by            uuid,
    elapsed_ms          bigint CHECK (elapsed_ms >= 0),
    overlap_ms          bigint NOT NULL DEFAULT 0 CHECK (overlap_ms >= 0),
    overlap_claimed_ms  bigint NOT NULL DEFAULT 0 CHECK (overlap_claimed_ms BETWEEN 0 AND overlap_ms),
    overlap_of          text NOT NULL DEFAULT 'people' CHECK (overlap_of IN ('sides', 'people')),
    participant_count   integer NOT NULL DEFAULT 0,
    peak_participants   integer NOT NULL DEFAULT 0,
    mode_switch_count   integer NOT NULL DEFAULT 0,
    disconnection_count integer NOT NULL DEFAULT 0,
    issue_count         integer NOT NULL DEFAULT 0,
    event_count         integer NOT NULL DEFAULT 0,
    anomaly_count       integer NOT NULL DEFAULT 0,
    anomalies           json NOT NULL DEFAULT '[]',
    needs_refold        boolean NOT NULL DEFAULT false,
    is_sealed           boolean NOT NULL DEFAULT false,
    final_at            timestamptz,
    next_deadline_at    timestamptz,
    state               json,
    updated_at          timestamptz NOT NULL,
    CHECK (ended_at IS NULL OR started_at IS NULL OR ended_at >= started_at)
) WITH (fillfactor = 70);
COMMENT ON COLUMN calls.provider_name IS 'Of a provider of whom only the name is known. Who has an id is among the participants.';
COMMENT ON COLUMN calls.is_sealed IS 'Retention has begun to remove its events: it is never folded again.';
COMMENT ON COLUMN calls.state IS 'The fold over the facts about the call itself; those about a connection are with the connection.';
CREATE INDEX calls_newest ON calls (created_at DESC, id DESC);
CREATE INDEX calls_by_status ON calls (status, created_at DESC, id DESC);
CREATE INDEX calls_by_conversation ON calls (conversation_id, created_at DESC, id DESC) WHERE conversation_id IS NOT NULL;
CREATE INDEX calls_unfinished_by_conversation ON calls (conversation_id, status) WHERE status IN ('initiated', 'ringing', 'active');
CREATE INDEX calls_by_room ON calls (room_id, created_at DESC, id DESC) WHERE room_id IS NOT NULL;
CREATE INDEX calls_by_mode ON calls (mode, status, created_at DESC, id DESC);
CREATE INDEX calls_by_external_id ON calls (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX calls_due ON calls (next_deadline_at) WHERE next_deadline_at IS NOT NULL;
CREATE INDEX calls_to_refold ON calls (id) WHERE needs_refold;

CREATE TABLE participants (
    call_id             uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    id                  uuid NOT NULL,
    user_id             text CHECK (length(user_id) BETWEEN 1 AND 200),
    guest_id            text CHECK (length(guest_id) BETWEEN 1 AND 200),
    erased_id           uuid,
    display_name        text CHECK (length(display_name) <= 200),
    named_at            timestamptz,
    call_role           text NOT NULL DEFAULT 'participant' CHECK (call_role IN ('initiator', 'participant')),
    role                text CHECK (length(role) <= 50),
    side                text CHECK (side IN ('client', 'provider')),
    is_host             boolean NOT NULL DEFAULT false,
    status              text NOT NULL DEFAULT 'invited'
                        CHECK (status IN ('invited', 'waiting', 'connecting', 'connected', 'disconnected', 'left', 'refused', 'failed')),
    first_at            timestamptz NOT NULL,
    joined_at           timestamptz,
    connected_at        timestamptz,
    left_at             timestamptz,
    leave_reason        text,
    wait_ms             bigint NOT NULL DEFAULT 0,
    attended_ms         bigint NOT NULL DEFAULT 0,
    attended_engine_ms  bigint NOT NULL DEFAULT 0,
    attended_socket_ms  bigint NOT NULL DEFAULT 0,
    attended_claimed_ms bigint NOT NULL DEFAULT 0,
    join_count          integer NOT NULL DEFAULT 0,
    disconnection_count integer NOT NULL DEFAULT 0,
    audio_enabled       boolean,
    video_enabled       boolean,
    screen_shared       boolean,
    ever_audio          boolean,
    ever_video          boolean,
    ever_screen         boolean NOT NULL DEFAULT false,
    spoke_ms            bigint NOT NULL DEFAULT 0,
    messages_sent       integer NOT NULL DEFAULT 0,
    reactions_sent      integer NOT NULL DEFAULT 0,
    issue_count         integer NOT NULL DEFAULT 0,
    error_count         integer NOT NULL DEFAULT 0,
    event_count         integer NOT NULL DEFAULT 0,
    rating_stars        smallint CHECK (rating_stars BETWEEN 1 AND 5),
    PRIMARY KEY (call_id, id),
    UNIQUE (call_id, user_id),
    UNIQUE (call_id, guest_id),
    CHECK (num_nonnulls(user_id, guest_id, erased_id) = 1)
) WITH (fillfactor = 70);
COMMENT ON COLUMN participants.named_at IS 'When the fact happened that display_name is from: the newest name stands, in whatever order they come.';
CREATE INDEX participants_by_user ON participants (user_id, first_at DESC, call_id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX participants_by_guest ON participants (guest_id, first_at DESC, call_id DESC) WHERE guest_id IS NOT NULL;
CREATE INDEX participants_present_by_user ON participants (user_id, status) WHERE status IN ('waiting', 'connecting', 'connected', 'disconnected');
CREATE INDEX participants_by_status ON participants (call_id, status);

CREATE TABLE connections (
    call_id             uuid NOT NULL,
    id                  uuid NOT NULL,
    participant_id      uuid NOT NULL,
    source              text NOT NULL,
    name                text NOT NULL CHECK (length(name) <= 200),
    status              text NOT NULL DEFAULT 'connecting'
                        CHECK (status IN ('unseen', 'waiting', 'connecting', 'connected', 'disconnected', 'left', 'refused', 'failed')),
    joined_at           timestamptz,
    connected_at        timestamptz,
    left_at             timestamptz,
    leave_reason        text,
    duration_seconds    integer CHECK (duration_seconds >= 0),
    setup_ms            integer,
    attended_ms         bigint NOT NULL DEFAULT 0,
    disconnection_count integer NOT NULL DEFAULT 0,
    audio_enabled       boolean,
    video_enabled       boolean,
    screen_shared       boolean,
    audio_option        text,
    browser             text,
    os                  text,
    device_type         text CHECK (device_type IN ('desktop', 'mobile', 'tablet', 'tv', 'bot', 'other')),
    metadata            jsonb,
    state               json,
    PRIMARY KEY (call_id, id),
    UNIQUE (call_id, participant_id, source, name),
    FOREIGN KEY (call_id, participant_id) REFERENCES participants (call_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);
COMMENT ON COLUMN connections.name IS 'How its source calls it; empty where the source names none.';
COMMENT ON COLUMN connections.state IS 'The fold over the facts about this connection, its intervals among them.';

-- The facts. Their key is theirs with us: the same id from two sources is two facts.
CREATE TABLE events (
    call_id        uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    id             uuid NOT NULL,
    source         text NOT NULL,
    type           text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    sent_at        timestamptz,
    received_at    timestamptz NOT NULL,
    participant_id uuid,
    connection_id  uuid,
    basis_at       timestamptz,
    hash           bytea NOT NULL,
    payload        jsonb NOT NULL,
    PRIMARY KEY (call_id, id, source)
);
COMMENT ON COLUMN events.sent_at IS 'What the source gave as occurred_at, where we corrected it.';
COMMENT ON COLUMN events.basis_at IS 'Of a timer''s fact: when its subject was last heard of.';
COMMENT ON COLUMN events.hash IS 'Over the fact as it was sent, to tell a repeat from another fact with the same id.';
CREATE INDEX events_timeline ON events (call_id, occurred_at, id);

-- How long we held a socket of a connection open: what shows that somebody was there, and what a lease runs from.
CREATE TABLE leases (
    call_id        uuid NOT NULL,
    connection_id  uuid NOT NULL,
    opened_at      timestamptz NOT NULL,
    participant_id uuid NOT NULL,
    holder         uuid NOT NULL,
    expires_at     timestamptz NOT NULL,
    closed_at      timestamptz,
    settled        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (call_id, connection_id, opened_at),
    FOREIGN KEY (call_id, connection_id) REFERENCES connections (call_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);
COMMENT ON COLUMN leases.expires_at IS 'The last heartbeat and what a lease is good for.';
COMMENT ON COLUMN leases.settled IS 'Its running out was dealt with, or a later socket took its place.';
CREATE INDEX leases_running_out ON leases (expires_at) WHERE NOT settled;

-- What a connection token stands for, and may still do.
CREATE TABLE grants (
    call_id        uuid NOT NULL,
    connection_id  uuid NOT NULL,
    participant_id uuid NOT NULL,
    room_id        uuid,
    invite_id      uuid,
    is_host        boolean NOT NULL,
    created_at     timestamptz NOT NULL,
    connect_until  timestamptz NOT NULL,
    closes_at      timestamptz,
    revoked_at     timestamptz,
    clock_offset_ms bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (call_id, connection_id),
    FOREIGN KEY (call_id, connection_id) REFERENCES connections (call_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN grants.clock_offset_ms IS 'By how much the page''s clock is ahead of ours, measured when its socket opened.';
CREATE INDEX grants_by_invite ON grants (invite_id) WHERE invite_id IS NOT NULL;

-- What lets a page come back as the same participant. Found by the secret's hash alone, so it is a table of its own.
CREATE TABLE resumes (
    hash           bytea PRIMARY KEY,
    call_id        uuid NOT NULL,
    participant_id uuid NOT NULL,
    room_id        uuid,
    invite_id      uuid,
    created_at     timestamptz NOT NULL
);
CREATE INDEX resumes_by_call ON resumes (call_id);

-- A room has at most one unfinished call.
CREATE TABLE live_calls (
    room_id uuid PRIMARY KEY,
    call_id uuid NOT NULL
);
CREATE INDEX live_calls_by_call ON live_calls (call_id);

-- How engines and imports call a call that we did not begin.
CREATE TABLE call_aliases (
    engine  text NOT NULL,
    key     text NOT NULL,
    call_id uuid NOT NULL,
    PRIMARY KEY (engine, key)
);
CREATE INDEX call_aliases_by_call ON call_aliases (call_id);

-- What readers follow: one row for each new version of a call. A reader's cursor never passes a transaction still open.
CREATE TABLE changes (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    txid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    call_id  uuid NOT NULL,
    version  bigint NOT NULL
);
CREATE INDEX changes_in_order ON changes (txid, position);

CREATE TABLE change_readers (
    name     text PRIMARY KEY,
    txid     xid8 NOT NULL DEFAULT '0',
    position bigint NOT NULL DEFAULT 0
);

-- Facts that were refused because their id stands for another one.
CREATE TABLE dead_letters (
    id          uuid PRIMARY KEY,
    received_at timestamptz NOT NULL,
    source      text NOT NULL,
    call_id     uuid NOT NULL,
    event_id    uuid NOT NULL,
    code        text NOT NULL,
    fact        jsonb NOT NULL,
    UNIQUE (call_id, event_id, source, code, fact)
);
CREATE INDEX dead_letters_by_call ON dead_letters (call_id, received_at);

-- ── Audit ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Inserted without sequence or lock. Who, from where and with what is in audit_identities; here are only salted commitments of them.
CREATE TABLE audit_entries (
    id              uuid PRIMARY KEY,
    at              timestamptz NOT NULL,
    action          text NOT NULL,
    caller          text NOT NULL,
    call_id         uuid,
    room_id         uuid,
    invite_id       uuid,
    appointment_id  uuid,
    participant_id  uuid,
    error_code      text,
    duration_ms     bigint CHECK (duration_ms >= 0),
    metadata        jsonb NOT NULL DEFAULT '{}',
    identity_commitment   bytea,
    address_commitment    bytea,
    user_agent_commitment bytea,
    CHECK (action <> 'call_end' OR duration_ms IS NOT NULL),
    CHECK (action <> 'error_occurred' OR error_code IS NOT NULL)
);
CREATE INDEX audit_entries_newest ON audit_entries (at DESC, id DESC);
CREATE INDEX audit_entries_by_call ON audit_entries (call_id, at DESC, id DESC) WHERE call_id IS NOT NULL;
CREATE INDEX audit_entries_by_room ON audit_entries (room_id, at DESC, id DESC) WHERE room_id IS NOT NULL;
CREATE INDEX audit_entries_by_action ON audit_entries (action, at DESC, id DESC);

CREATE TABLE audit_identities (
    entry_id   uuid PRIMARY KEY REFERENCES audit_entries (id) ON DELETE CASCADE,
    salt       bytea NOT NULL,
    identity   text,
    address    text,
    user_agent text
);
CREATE INDEX audit_identities_by_identity ON audit_identities (identity) WHERE identity IS NOT NULL;

-- ── Live and timers ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Signalling on its way between two processes; a notification can be too small for it. Nothing is lost with it that a page does not say again.
CREATE UNLOGGED TABLE signals (
    id            uuid PRIMARY KEY,
    call_id       uuid NOT NULL,
    from_id       uuid NOT NULL,
    to_id         uuid NOT NULL,
    body          text NOT NULL,
    created_at    timestamptz NOT NULL
);
CREATE INDEX signals_by_age ON signals (created_at);

-- When deadlines were last looked after. Where nobody did, deadlines move by the gap: nobody could renew a lease then.
CREATE TABLE sweeps (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    swept_at timestamptz NOT NULL
);
CREATE TABLE sweep_gaps (
    started_at timestamptz PRIMARY KEY,
    ended_at   timestamptz NOT NULL CHECK (ended_at > started_at)
);
