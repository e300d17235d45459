-- What the audit trail was told of each call, so that it is told once; and figures of hours, days, weeks and months, kept from the trail.

ALTER TABLE calls
    ADD COLUMN told_start  boolean NOT NULL DEFAULT false,
    ADD COLUMN told_end_at timestamptz,
    ADD COLUMN told_end_ms bigint CHECK (told_end_ms >= 0),
    ADD CONSTRAINT calls_told_end CHECK ((told_end_at IS NULL) = (told_end_ms IS NULL));
COMMENT ON COLUMN calls.told_end_at IS 'The end that the audit trail knows; told_end_ms is the duration that it was told.';
ALTER TABLE connections
    ADD COLUMN told_established boolean NOT NULL DEFAULT false,
    ADD COLUMN told_failed      boolean NOT NULL DEFAULT false;

-- Calls of before are not told of now.
UPDATE calls SET
    told_start = started_at IS NOT NULL, told_end_at = ended_at, told_end_ms = CASE WHEN ended_at IS NOT NULL THEN coalesce(elapsed_ms, 0) END;
UPDATE connections SET
    told_established = connected_at IS NOT NULL, told_failed = status = 'failed' OR leave_reason IS NOT DISTINCT FROM 'connect_timeout';

CREATE TABLE metrics (
    period              text NOT NULL CHECK (period IN ('hourly', 'daily', 'weekly', 'monthly')),
    starts_at           timestamptz NOT NULL,
    attempts            bigint NOT NULL DEFAULT 0,
    successes           bigint NOT NULL DEFAULT 0,
    failures            bigint NOT NULL DEFAULT 0,
    calls               bigint NOT NULL DEFAULT 0,
    completed           bigint NOT NULL DEFAULT 0,
    duration_ms         bigint NOT NULL DEFAULT 0,
    connections         bigint NOT NULL DEFAULT 0,
    timed_connections   bigint NOT NULL DEFAULT 0,
    connecting_ms       bigint NOT NULL DEFAULT 0,
    failed_connections  bigint NOT NULL DEFAULT 0,
    unique_users        bigint NOT NULL DEFAULT 0,
    entry_count         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (period, starts_at)
);
COMMENT ON COLUMN metrics.duration_ms IS 'Of the calls that ended in it, together.';
COMMENT ON COLUMN metrics.connecting_ms IS 'How long the timed connections took to be established, together.';
COMMENT ON COLUMN metrics.entry_count IS 'Entries of the trail that it is made of. Where fewer are left, it cannot be made again.';

CREATE TABLE metric_errors (
    period    text NOT NULL,
    starts_at timestamptz NOT NULL,
    action    text NOT NULL,
    code      text NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (period, starts_at, action, code),
    FOREIGN KEY (period, starts_at) REFERENCES metrics (period, starts_at) ON DELETE CASCADE
);

-- Who was there in a period, so that everybody counts once in it: a hash under the deployment's key; of who was erased, of what is left of them.
CREATE TABLE metric_users (
    period    text NOT NULL,
    starts_at timestamptz NOT NULL,
    person    bytea NOT NULL CHECK (length(person) = 16),
    PRIMARY KEY (period, starts_at, person),
    FOREIGN KEY (period, starts_at) REFERENCES metrics (period, starts_at) ON DELETE CASCADE
);
CREATE INDEX metric_users_by_person ON metric_users (person);

-- By whose midnight periods are cut, since when: another time zone cuts them anew as far back as the trail reaches.
CREATE TABLE metric_zones (
    period    text NOT NULL CHECK (period IN ('hourly', 'daily', 'weekly', 'monthly')),
    since     timestamptz NOT NULL,
    time_zone text NOT NULL,
    PRIMARY KEY (period, since)
);

-- The entry up to which they are counted, in the trail's own order. One row.
CREATE TABLE metrics_reader (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    txid     xid8 NOT NULL,
    entry_id uuid NOT NULL
);
INSERT INTO metrics_reader (txid, entry_id) VALUES ('0', '00000000-0000-0000-0000-000000000000');
