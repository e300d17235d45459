-- Appointments and the settings they and their rooms can override.

-- What the deployment set, over the defaults of its environment. Names and types are the catalogue's.
CREATE TABLE settings (
    name       text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);

ALTER TABLE people
    ADD COLUMN role      text CHECK (length(role) BETWEEN 1 AND 50),
    ADD COLUMN side      text CHECK (side IN ('client', 'provider')),
    ADD COLUMN time_zone text CHECK (length(time_zone) BETWEEN 1 AND 100),
    ADD COLUMN is_given  boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN people.is_given IS 'The host said so. What was only heard as somebody joined gives way to it.';
CREATE INDEX people_by_name ON people (lower(display_name) COLLATE "C", identity);
CREATE INDEX people_by_side ON people (side, identity) WHERE side IS NOT NULL;

ALTER TABLE conversations ADD COLUMN erasing_since timestamptz;
COMMENT ON COLUMN conversations.erasing_since IS 'It is being erased with all that is under it: nothing new is put under it.';
CREATE INDEX conversations_active ON conversations (is_active, id);
CREATE INDEX conversations_by_kind ON conversations (kind, id) WHERE kind IS NOT NULL;

-- What is to be erased, or was: how far a removal has come that may be broken off at any time.
CREATE TABLE erasures (
    id              uuid PRIMARY KEY,
    conversation_id text NOT NULL CHECK (length(conversation_id) BETWEEN 1 AND 200),
    counts          jsonb NOT NULL DEFAULT '{}',
    requested_at    timestamptz NOT NULL,
    completed_at    timestamptz
);
COMMENT ON COLUMN erasures.counts IS 'How many rows of each kind are gone so far.';
CREATE UNIQUE INDEX erasures_unfinished ON erasures (conversation_id) WHERE completed_at IS NULL;

-- What stays of an erased call, so that nothing can be told of it any more.
CREATE TABLE erased_calls (
    call_id   uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

-- A booking between a client and a provider. What is derived from its calls is written by the reader of changes alone.
CREATE TABLE appointments (
    id                    uuid PRIMARY KEY,
    external_id           text UNIQUE CHECK (length(external_id) BETWEEN 1 AND 200),
    kind                  text NOT NULL CHECK (kind IN ('individual', 'group', 'assessment')),
    client_id             text NOT NULL CHECK (client_id ~ '^(user|guest):.{1,200}$'),
    provider_id           text NOT NULL CHECK (provider_id ~ '^(user|guest):.{1,200}$'),
    conversation_id       text REFERENCES conversations (id) ON DELETE CASCADE,
    scheduled_at          timestamptz NOT NULL,
    duration_minutes      integer NOT NULL CHECK (duration_minutes BETWEEN 1 AND 1440),
    status                text NOT NULL DEFAULT 'pending'
                          CHECK (status IN ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'declined', 'no_show')),
    is_video_call         boolean NOT NULL DEFAULT true,
    recording_enabled     boolean NOT NULL DEFAULT false,
    recording_url         text CHECK (length(recording_url) <= 2000),
    payment_status        text NOT NULL DEFAULT 'pending' CHECK (payment_status IN ('pending', 'completed', 'failed', 'refunded')),
    payment_provider      text CHECK (length(payment_provider) BETWEEN 1 AND 50),
    payment_reference     text CHECK (length(payment_reference) BETWEEN 1 AND 200),
    room_id               uuid UNIQUE REFERENCES rooms (id),
    settings              jsonb NOT NULL DEFAULT '{}',
    metadata              jsonb NOT NULL DEFAULT '{}',
    reason                text CHECK (length(reason) <= 500),
    confirmed_at          timestamptz,
    declined_at           timestamptz,
    cancelled_at          timestamptz,
    completed_at          timestamptz,
    call_count            integer NOT NULL DEFAULT 0,
    call_started_at       timestamptz,
    call_ended_at         timestamptz,
    call_duration_minutes integer CHECK (call_duration_minutes >= 0),
    call_failed           boolean NOT NULL DEFAULT false,
    attended_client_ms    bigint NOT NULL DEFAULT 0,
    attended_provider_ms  bigint NOT NULL DEFAULT 0,
    overlap_ms            bigint NOT NULL DEFAULT 0,
    overlap_claimed_ms    bigint NOT NULL DEFAULT 0,
    no_show               text CHECK (no_show IN ('client', 'provider', 'both')),
    evidence              jsonb,
    next_deadline_at      timestamptz,
    last_accessed_at      timestamptz NOT NULL,
    access_count          bigint NOT NULL DEFAULT 0 CHECK (access_count >= 0),
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    UNIQUE (id, scheduled_at),
    CHECK (client_id <> provider_id),
    CHECK ((status = 'no_show') = (no_show IS NOT NULL)),
    CHECK (call_ended_at >= call_started_at)
);
COMMENT ON COLUMN appointments.reason IS 'Why it was cancelled or declined.';
COMMENT ON COLUMN appointments.no_show IS 'Who did not come.';
COMMENT ON COLUMN appointments.evidence IS 'Of a no-show: who waited, from when to when.';
COMMENT ON COLUMN appointments.next_deadline_at IS 'When its window closes and it is judged; null where nothing is to be.';
CREATE INDEX appointments_by_time ON appointments (scheduled_at, id);
CREATE INDEX appointments_by_client ON appointments (client_id, scheduled_at, id);
CREATE INDEX appointments_by_provider ON appointments (provider_id, scheduled_at, id);
CREATE INDEX appointments_by_status ON appointments (status, scheduled_at, id);
CREATE INDEX appointments_by_call ON appointments (call_started_at, status);
CREATE INDEX appointments_by_access ON appointments (last_accessed_at);
CREATE INDEX appointments_by_conversation ON appointments (conversation_id, scheduled_at, id) WHERE conversation_id IS NOT NULL;
CREATE INDEX appointments_due ON appointments (next_deadline_at) WHERE next_deadline_at IS NOT NULL;

-- Everybody who is to come: the client, the provider, and in a group the other clients. The time is the appointment's, for the index by person.
CREATE TABLE attendees (
    appointment_id uuid NOT NULL,
    identity       text NOT NULL CHECK (identity ~ '^(user|guest):.{1,200}$'),
    side           text NOT NULL CHECK (side IN ('client', 'provider')),
    scheduled_at   timestamptz NOT NULL,
    invite_id      uuid REFERENCES invites (id) ON DELETE SET NULL,
    PRIMARY KEY (appointment_id, identity),
    FOREIGN KEY (appointment_id, scheduled_at) REFERENCES appointments (id, scheduled_at) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX attendees_by_person ON attendees (identity, scheduled_at, appointment_id);
CREATE INDEX attendees_by_invite ON attendees (invite_id) WHERE invite_id IS NOT NULL;

CREATE INDEX calls_by_appointment ON calls (appointment_id, created_at DESC, id DESC) WHERE appointment_id IS NOT NULL;

-- Somebody in the waiting room has a grant that can only wait.
ALTER TABLE grants ADD COLUMN is_waiting boolean NOT NULL DEFAULT false;
CREATE INDEX grants_by_room ON grants (room_id) WHERE room_id IS NOT NULL;
