-- Figures that dashboards read: of minutes, hours, days and months, by one dimension at a time. They are sums of what each call and each appointment
-- counts for, which is kept too: when one changes, what it counted for is taken off and what it counts for now is put on. All numbers are whole, so
-- that nothing is left over. Histograms are log-scaled (analytics/histograms.py) and add up as well.

-- What a call counts for, as it was added. The columns beside it are what lists of calls are sorted and searched by.
CREATE TABLE counted_calls (
    call_id             uuid PRIMARY KEY,
    version             bigint NOT NULL,
    revision            integer,
    began_at            timestamptz NOT NULL,
    provider            text,
    status              text NOT NULL,
    category            text NOT NULL,
    score               double precision,
    disconnection_count integer NOT NULL,
    issue_count         integer NOT NULL,
    body                bytea NOT NULL
);
COMMENT ON COLUMN counted_calls.revision IS 'Of the report that was counted; null where there was none.';
COMMENT ON COLUMN counted_calls.body IS 'What it added to which rows of which rollup.';
CREATE INDEX counted_calls_by_disconnections ON counted_calls (disconnection_count DESC, began_at DESC, call_id DESC) WHERE disconnection_count > 0;
CREATE INDEX counted_calls_poor ON counted_calls (began_at DESC, call_id DESC) WHERE category = 'poor';
CREATE INDEX counted_calls_failed ON counted_calls (began_at DESC, call_id DESC) WHERE status = 'failed';
CREATE INDEX counted_calls_by_category ON counted_calls (category, began_at DESC, call_id DESC);
CREATE INDEX counted_calls_by_provider ON counted_calls (provider, began_at DESC, call_id DESC) WHERE provider IS NOT NULL;
CREATE INDEX counted_calls_newest ON counted_calls (began_at DESC, call_id DESC);

CREATE TABLE counted_appointments (
    appointment_id uuid PRIMARY KEY,
    body           bytea NOT NULL
);

-- Appointments that changed, for readers: a row for each change, in the transaction that made it.
CREATE TABLE appointment_changes (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    txid           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    appointment_id uuid NOT NULL
);
CREATE INDEX appointment_changes_in_order ON appointment_changes (txid, position);

CREATE TABLE call_rollups (
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
    PRIMARY KEY (grain, dimension, value, starts_at)
);
COMMENT ON COLUMN call_rollups.timed IS 'Calls that have an elapsed time: they began and ended.';
COMMENT ON COLUMN call_rollups.score_sum IS 'In hundredths of a point.';
CREATE INDEX call_rollups_by_time ON call_rollups (grain, dimension, starts_at);

CREATE TABLE connection_rollups (
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
    PRIMARY KEY (grain, dimension, value, starts_at)
);
COMMENT ON COLUMN connection_rollups.dropped IS 'Connections that were there, were lost, and did not come back.';
CREATE INDEX connection_rollups_by_time ON connection_rollups (grain, dimension, starts_at);

-- One minute of one person is what is counted here, of those minutes that reports know something of.
CREATE TABLE quality_rollups (
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
    PRIMARY KEY (grain, dimension, value, starts_at)
);
COMMENT ON COLUMN quality_rollups.score_sum IS 'In hundredths of a point.';
COMMENT ON COLUMN quality_rollups.rtt_sum IS 'In hundredths of a millisecond, as jitter_sum.';
COMMENT ON COLUMN quality_rollups.packet_loss_sum IS 'In hundredths of a percent.';
COMMENT ON COLUMN quality_rollups.bitrate_sum IS 'In hundredths of kbit/s.';
CREATE INDEX quality_rollups_by_time ON quality_rollups (grain, dimension, starts_at);

-- What people did, by the side that they were on in it. "none" is who had no side.
CREATE TABLE person_rollups (
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
    PRIMARY KEY (grain, side, identity, starts_at)
);
COMMENT ON COLUMN person_rollups.calls IS 'Calls that name them.';
COMMENT ON COLUMN person_rollups.sessions IS 'Calls in which they were connected.';
COMMENT ON COLUMN person_rollups.failed IS 'Calls that name them and failed, or in which they could not connect.';
COMMENT ON COLUMN person_rollups.all_spoke_ms IS 'How long all people of their sessions spoke together, they among them.';
COMMENT ON COLUMN person_rollups.rated IS 'Of a provider: ratings that the others gave of their sessions. Of others: ratings that they gave.';
COMMENT ON COLUMN person_rollups.no_shows IS 'Appointments to which they did not come.';
COMMENT ON COLUMN person_rollups.arrived IS 'Appointments to which they came, by which late is divided; late_ms is how much after the planned begin, of those late.';
CREATE INDEX person_rollups_by_time ON person_rollups (grain, side, starts_at);

CREATE TABLE appointment_rollups (
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
    PRIMARY KEY (grain, dimension, value, starts_at)
);
COMMENT ON COLUMN appointment_rollups.booked IS 'All that were planned for this time, whatever became of them.';
CREATE INDEX appointment_rollups_by_time ON appointment_rollups (grain, dimension, starts_at);

-- By whose clocks hours, days and months are cut now, and up to when minutes have been removed.
CREATE TABLE rollup_zones (
    is_only       boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    time_zone     text NOT NULL,
    minutes_since timestamptz NOT NULL
);
