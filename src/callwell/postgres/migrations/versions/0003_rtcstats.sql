-- Sessions of rtcstats clients, as they were sent. Which call one is part of is known only from what it says.

CREATE TABLE rtcstats_sessions (
    id          text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,100}$'),
    protocol    text NOT NULL CHECK (length(protocol) <= 50),
    meeting     text CHECK (length(meeting) <= 500),
    user_agent  text CHECK (length(user_agent) <= 1000),
    user_id     text CHECK (length(user_id) <= 200),
    is_trusted  boolean NOT NULL,
    call_id     uuid,
    opened_at   timestamptz NOT NULL,
    heard_at    timestamptz NOT NULL,
    last_number bigint NOT NULL DEFAULT 0 CHECK (last_number >= 0),
    entry_count integer NOT NULL DEFAULT 0 CHECK (entry_count >= 0),
    byte_count  bigint NOT NULL DEFAULT 0 CHECK (byte_count >= 0),
    skipped     jsonb NOT NULL DEFAULT '{}',
    finished_at timestamptz
);
COMMENT ON COLUMN rtcstats_sessions.id IS 'As the client calls it: statsSessionId.';
COMMENT ON COLUMN rtcstats_sessions.user_id IS 'Who its token says it is.';
COMMENT ON COLUMN rtcstats_sessions.is_trusted IS 'It showed the shared secret or a token.';
COMMENT ON COLUMN rtcstats_sessions.last_number IS 'The highest number of its entries that was dealt with; a client that comes back goes on after it.';
COMMENT ON COLUMN rtcstats_sessions.skipped IS 'How many entries could not be used, by reason.';
COMMENT ON COLUMN rtcstats_sessions.finished_at IS 'All that it said was told, and that it is over.';
CREATE INDEX rtcstats_sessions_unfinished ON rtcstats_sessions (heard_at) WHERE finished_at IS NULL;
CREATE INDEX rtcstats_sessions_by_age ON rtcstats_sessions (heard_at);
CREATE INDEX rtcstats_sessions_by_call ON rtcstats_sessions (call_id) WHERE call_id IS NOT NULL;

CREATE TABLE rtcstats_entries (
    session_id  text NOT NULL REFERENCES rtcstats_sessions (id) ON DELETE CASCADE,
    number      bigint NOT NULL CHECK (number > 0),
    received_at timestamptz NOT NULL,
    entry       bytea NOT NULL,
    PRIMARY KEY (session_id, number)
);
