-- Figures that dashboards read: of minutes, hours, days and months, by one dimension at a time. They are sums of what each call and each appointment
-- counts for, which is kept too: when one changes, what it counted for is taken off and what it counts for now is put on. All numbers are whole, so
-- that nothing is left over. Histograms are log-scaled (analytics/histograms.py) and add up as well.

-- By whose clocks hours, days and months are cut, since when minutes are kept, and which generation of rows stands. When all is counted again, or cut anew,
-- rows of the next generation are made beside those that are read, and take their place when they are whole. Who reads, reads the views.
CREATE TABLE rollup_zones (
    is_only       boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    time_zone     text NOT NULL,
    minutes_since timestamptz NOT NULL,
    generation    integer NOT NULL DEFAULT 0,
    counted       integer NOT NULL DEFAULT 0,
    rules         integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN rollup_zones.counted IS 'The generation of what calls and appointments count for: it stays where rows are only cut anew.';
COMMENT ON COLUMN rollup_zones.rules IS 'Which version of the rules it was counted by (analytics/counting.py).';

-- A report that was made is a change, too: what is counted of a call rests on it. Who makes reports passes it over.
ALTER TABLE changes ADD COLUMN is_report boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN changes.is_report IS 'The record is as it was; its report was made anew.';

-- Nothing that changes is forgotten before it was counted, also where counting never began.
INSERT INTO change_readers (name) VALUES ('rollups') ON CONFLICT DO NOTHING;

-- What a call counts for, as it was added. The columns beside it are what lists of calls are sorted and searched by.
CREATE TABLE counted_call_rows (
    generation          integer NOT NULL DEFAULT 0,
    call_id             uuid NOT NULL,
    version             bigint NOT NULL,
    revision            integer,
    began_at            timestamptz NOT NULL,
    provider            text,
    status              text NOT NULL,
    category            text NOT NULL,
    score               double precision,
    disconnection_count integer NOT NULL,
    issue_count         integer NOT NULL,
    critical_count      integer NOT NULL DEFAULT 0,
    body                bytea NOT NULL,
    PRIMARY KEY (generation, call_id)
);
COMMENT ON COLUMN counted_call_rows.revision IS 'Of the report that was counted; null where there was none.';
COMMENT ON COLUMN counted_call_rows.critical_count IS 'Issues of the report that became critical.';
COMMENT ON COLUMN counted_call_rows.body IS 'What it added to which rows of which rollup.';
CREATE INDEX counted_calls_troubled ON counted_call_rows (generation, disconnection_count DESC, began_at DESC, call_id DESC)
    WHERE disconnection_count > 0 OR category = 'poor' OR status = 'failed' OR critical_count > 0;
-- The number is in the index so that "ten or more" reads no row that has fewer.
CREATE INDEX counted_calls_with_disconnections ON counted_call_rows (generation, began_at DESC, call_id DESC, disconnection_count)
    WHERE disconnection_count > 0;
CREATE INDEX counted_calls_with_issues ON counted_call_rows (generation, began_at DESC, call_id DESC) WHERE issue_count > 0;
CREATE INDEX counted_calls_poor ON counted_call_rows (generation, began_at DESC, call_id DESC) WHERE category = 'poor';
CREATE INDEX counted_calls_failed ON counted_call_rows (generation, began_at DESC, call_id DESC) WHERE status = 'failed';
CREATE INDEX counted_calls_by_category ON counted_call_rows (generation, category, began_at DESC, call_id DESC);
CREATE INDEX counted_calls_by_provider ON counted_call_rows (generation, provider, began_at DESC, call_id DESC) WHERE provider IS NOT NULL;
CREATE INDEX counted_calls_newest ON counted_call_rows (generation, began_at DESC, call_id DESC);

CREATE VIEW counted_calls AS
    SELECT call_id, version, revision, began_at, provider, status, category, score, disconnection_count, issue_count, critical_count, body
    FROM counted_call_rows WHERE generation = coalesce((SELECT counted FROM rollup_zones), 0);

CREATE TABLE counted_appointments (
    generation     integer NOT NULL DEFAULT 0,
    appointment_id uuid NOT NULL,
    body           bytea NOT NULL,
    PRIMARY KEY (generation, appointment_id)
);

-- Appointments that changed and are to be counted again: a row for each change, in the transaction that made it. Who counts them removes it.
CREATE TABLE appointment_changes (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    appointment_id uuid NOT NULL
);

CREATE TABLE call_rollup_rows (
    generation     integer NOT NULL DEFAULT 0,
    grain          text NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'month')),
    dimension      text NOT NULL,
    value          text NOT NULL,
    starts_at      timestamptz NOT NULL,
    calls          bigint NOT NULL DEFAULT 0,
    started        bigint NOT NULL DEFAULT 0,
    ended          bigint NOT NULL DEFAULT 0,
    failed         bigint NOT NULL DEFAULT 0,
    unanswered     bigint NOT NULL DEFAULT 0,
    with_drops     bigint NOT NULL DEFAULT 0,
    with_issues    bigint NOT NULL DEFAULT 0,
    participants   bigint NOT NULL DEFAULT 0,
    disconnections bigint NOT NULL DEFAULT 0,
    issues         bigint NOT NULL DEFAULT 0,
    mode_switches  bigint NOT NULL DEFAULT 0,
    elapsed_ms     bigint NOT NULL DEFAULT 0,
    attended_ms    bigint NOT NULL DEFAULT 0,
    overlap_ms     bigint NOT NULL DEFAULT 0,
    timed          bigint NOT NULL DEFAULT 0,
    excellent      bigint NOT NULL DEFAULT 0,
    good           bigint NOT NULL DEFAULT 0,
    fair           bigint NOT NULL DEFAULT 0,
    poor           bigint NOT NULL DEFAULT 0,
    unknown        bigint NOT NULL DEFAULT 0,
    scored         bigint NOT NULL DEFAULT 0,
    score_sum      bigint NOT NULL DEFAULT 0,
    elapsed        bytea NOT NULL DEFAULT '',
    score          bytea NOT NULL DEFAULT '',
    PRIMARY KEY (generation, grain, dimension, value, starts_at)
);
COMMENT ON COLUMN call_rollup_rows.unanswered IS 'Calls that ended and never began.';
COMMENT ON COLUMN call_rollup_rows.timed IS 'Calls that have an elapsed time: they began and ended.';
COMMENT ON COLUMN call_rollup_rows.score_sum IS 'In hundredths of a point.';
CREATE INDEX call_rollups_by_time ON call_rollup_rows (generation, grain, dimension, starts_at);

CREATE VIEW call_rollups AS
    SELECT grain, dimension, value, starts_at, calls, started, ended, failed, unanswered, with_drops, with_issues, participants, disconnections,
           issues, mode_switches, elapsed_ms, attended_ms, overlap_ms, timed, excellent, good, fair, poor, unknown, scored, score_sum, elapsed, score
    FROM call_rollup_rows WHERE generation = coalesce((SELECT generation FROM rollup_zones), 0);

CREATE TABLE connection_rollup_rows (
    generation     integer NOT NULL DEFAULT 0,
    grain          text NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'month')),
    dimension      text NOT NULL,
    value          text NOT NULL,
    starts_at      timestamptz NOT NULL,
    joins          bigint NOT NULL DEFAULT 0,
    connected      bigint NOT NULL DEFAULT 0,
    failed         bigint NOT NULL DEFAULT 0,
    refused        bigint NOT NULL DEFAULT 0,
    dropped        bigint NOT NULL DEFAULT 0,
    disconnections bigint NOT NULL DEFAULT 0,
    timed          bigint NOT NULL DEFAULT 0,
    setup_ms       bigint NOT NULL DEFAULT 0,
    attended_ms    bigint NOT NULL DEFAULT 0,
    setup          bytea NOT NULL DEFAULT '',
    PRIMARY KEY (generation, grain, dimension, value, starts_at)
);
COMMENT ON COLUMN connection_rollup_rows.failed IS 'Connections that never came to be.';
COMMENT ON COLUMN connection_rollup_rows.dropped IS 'Connections that were there, were lost, and did not come back.';
CREATE INDEX connection_rollups_by_time ON connection_rollup_rows (generation, grain, dimension, starts_at);

CREATE VIEW connection_rollups AS
    SELECT grain, dimension, value, starts_at, joins, connected, failed, refused, dropped, disconnections, timed, setup_ms, attended_ms, setup
    FROM connection_rollup_rows WHERE generation = coalesce((SELECT generation FROM rollup_zones), 0);

-- One minute of one person is what is counted here, of those minutes that reports know something of.
CREATE TABLE quality_rollup_rows (
    generation        integer NOT NULL DEFAULT 0,
    grain             text NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'month')),
    dimension         text NOT NULL,
    value             text NOT NULL,
    starts_at         timestamptz NOT NULL,
    minutes           bigint NOT NULL DEFAULT 0,
    scored            bigint NOT NULL DEFAULT 0,
    score_sum         bigint NOT NULL DEFAULT 0,
    poor              bigint NOT NULL DEFAULT 0,
    issues            bigint NOT NULL DEFAULT 0,
    rtt_count         bigint NOT NULL DEFAULT 0,
    rtt_sum           bigint NOT NULL DEFAULT 0,
    packet_loss_count bigint NOT NULL DEFAULT 0,
    packet_loss_sum   bigint NOT NULL DEFAULT 0,
    bitrate_count     bigint NOT NULL DEFAULT 0,
    bitrate_sum       bigint NOT NULL DEFAULT 0,
    jitter_count      bigint NOT NULL DEFAULT 0,
    jitter_sum        bigint NOT NULL DEFAULT 0,
    score             bytea NOT NULL DEFAULT '',
    rtt               bytea NOT NULL DEFAULT '',
    packet_loss       bytea NOT NULL DEFAULT '',
    bitrate           bytea NOT NULL DEFAULT '',
    jitter            bytea NOT NULL DEFAULT '',
    PRIMARY KEY (generation, grain, dimension, value, starts_at)
);
COMMENT ON COLUMN quality_rollup_rows.score_sum IS 'In hundredths of a point.';
COMMENT ON COLUMN quality_rollup_rows.rtt_sum IS 'In hundredths of a millisecond, as jitter_sum.';
COMMENT ON COLUMN quality_rollup_rows.packet_loss_sum IS 'In hundredths of a percent.';
COMMENT ON COLUMN quality_rollup_rows.bitrate_sum IS 'In hundredths of kbit/s.';
CREATE INDEX quality_rollups_by_time ON quality_rollup_rows (generation, grain, dimension, starts_at);

CREATE VIEW quality_rollups AS
    SELECT grain, dimension, value, starts_at, minutes, scored, score_sum, poor, issues, rtt_count, rtt_sum, packet_loss_count, packet_loss_sum,
           bitrate_count, bitrate_sum, jitter_count, jitter_sum, score, rtt, packet_loss, bitrate, jitter
    FROM quality_rollup_rows WHERE generation = coalesce((SELECT generation FROM rollup_zones), 0);

-- What people did, by the side that they were on in it. "none" is who had no side.
CREATE TABLE person_rollup_rows (
    generation     integer NOT NULL DEFAULT 0,
    grain          text NOT NULL CHECK (grain IN ('day', 'month')),
    side           text NOT NULL CHECK (side IN ('client', 'provider', 'none')),
    identity       text NOT NULL,
    starts_at      timestamptz NOT NULL,
    calls          bigint NOT NULL DEFAULT 0,
    sessions       bigint NOT NULL DEFAULT 0,
    failed         bigint NOT NULL DEFAULT 0,
    with_issues    bigint NOT NULL DEFAULT 0,
    attended_ms    bigint NOT NULL DEFAULT 0,
    overlap_ms     bigint NOT NULL DEFAULT 0,
    spoke_ms       bigint NOT NULL DEFAULT 0,
    all_spoke_ms   bigint NOT NULL DEFAULT 0,
    messages       bigint NOT NULL DEFAULT 0,
    reactions      bigint NOT NULL DEFAULT 0,
    disconnections bigint NOT NULL DEFAULT 0,
    issues         bigint NOT NULL DEFAULT 0,
    rated          bigint NOT NULL DEFAULT 0,
    stars          bigint NOT NULL DEFAULT 0,
    scored         bigint NOT NULL DEFAULT 0,
    score_sum      bigint NOT NULL DEFAULT 0,
    booked         bigint NOT NULL DEFAULT 0,
    completed      bigint NOT NULL DEFAULT 0,
    no_shows       bigint NOT NULL DEFAULT 0,
    cancelled      bigint NOT NULL DEFAULT 0,
    late           bigint NOT NULL DEFAULT 0,
    late_ms        bigint NOT NULL DEFAULT 0,
    arrived        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (generation, grain, side, identity, starts_at)
);
COMMENT ON COLUMN person_rollup_rows.calls IS 'Calls that name them.';
COMMENT ON COLUMN person_rollup_rows.sessions IS 'Calls in which they were connected.';
COMMENT ON COLUMN person_rollup_rows.failed IS 'Calls that name them and failed, or in which they could not connect.';
COMMENT ON COLUMN person_rollup_rows.all_spoke_ms IS 'How long all people of their sessions spoke together, they among them.';
COMMENT ON COLUMN person_rollup_rows.rated IS 'Of a provider: ratings that the others gave of their sessions. Of others: ratings that they gave.';
COMMENT ON COLUMN person_rollup_rows.no_shows IS 'Appointments to which they did not come.';
COMMENT ON COLUMN person_rollup_rows.arrived IS 'Appointments to which they came, by which late is divided: more than a minute after the planned begin. late_ms is how much after it, of those late.';
CREATE INDEX person_rollups_by_time ON person_rollup_rows (generation, grain, side, starts_at);

CREATE VIEW person_rollups AS
    SELECT grain, side, identity, starts_at, calls, sessions, failed, with_issues, attended_ms, overlap_ms, spoke_ms, all_spoke_ms, messages,
           reactions, disconnections, issues, rated, stars, scored, score_sum, booked, completed, no_shows, cancelled, late, late_ms, arrived
    FROM person_rollup_rows WHERE generation = coalesce((SELECT generation FROM rollup_zones), 0);

CREATE TABLE appointment_rollup_rows (
    generation        integer NOT NULL DEFAULT 0,
    grain             text NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'month')),
    dimension         text NOT NULL,
    value             text NOT NULL,
    starts_at         timestamptz NOT NULL,
    booked            bigint NOT NULL DEFAULT 0,
    completed         bigint NOT NULL DEFAULT 0,
    cancelled         bigint NOT NULL DEFAULT 0,
    declined          bigint NOT NULL DEFAULT 0,
    client_no_shows   bigint NOT NULL DEFAULT 0,
    provider_no_shows bigint NOT NULL DEFAULT 0,
    both_no_shows     bigint NOT NULL DEFAULT 0,
    booked_ms         bigint NOT NULL DEFAULT 0,
    elapsed_ms        bigint NOT NULL DEFAULT 0,
    overlap_ms        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (generation, grain, dimension, value, starts_at)
);
COMMENT ON COLUMN appointment_rollup_rows.booked IS 'All that were planned for this time, whatever became of them.';
CREATE INDEX appointment_rollups_by_time ON appointment_rollup_rows (generation, grain, dimension, starts_at);

CREATE VIEW appointment_rollups AS
    SELECT grain, dimension, value, starts_at, booked, completed, cancelled, declined, client_no_shows, provider_no_shows, both_no_shows, booked_ms,
           elapsed_ms, overlap_ms
    FROM appointment_rollup_rows WHERE generation = coalesce((SELECT generation FROM rollup_zones), 0);
