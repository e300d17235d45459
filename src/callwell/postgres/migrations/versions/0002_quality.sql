-- ── Quality ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What was measured of one participant, in one direction, of one kind, over one interval; with the score that it got when it came.
CREATE TABLE samples (
    call_id                 uuid NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    connection_id           uuid NOT NULL,
    id                      uuid NOT NULL,
    participant_id          uuid NOT NULL,
    started_at              timestamptz NOT NULL,
    interval_ms             integer NOT NULL CHECK (interval_ms BETWEEN 1 AND 60000),
    direction               text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    kind                    text NOT NULL CHECK (kind IN ('audio', 'video', 'screen')),
    muted                   boolean NOT NULL DEFAULT false,
    packet_loss_pct         double precision CHECK (packet_loss_pct BETWEEN 0 AND 100),
    late_loss_pct           double precision CHECK (late_loss_pct BETWEEN 0 AND 100),
    rtt_ms                  double precision CHECK (rtt_ms BETWEEN 0 AND 3600000),
    path_rtt_ms             double precision CHECK (path_rtt_ms BETWEEN 0 AND 3600000),
    jitter_ms               double precision CHECK (jitter_ms BETWEEN 0 AND 3600000),
    jitter_buffer_ms        double precision CHECK (jitter_buffer_ms BETWEEN 0 AND 3600000),
    packets                 bigint CHECK (packets >= 0),
    bytes                   bigint CHECK (bytes >= 0),
    bitrate_kbps            double precision CHECK (bitrate_kbps BETWEEN 0 AND 1e9),
    target_kbps             double precision CHECK (target_kbps BETWEEN 0 AND 1e9),
    available_outgoing_kbps double precision CHECK (available_outgoing_kbps BETWEEN 0 AND 1e9),
    codec                   text CHECK (length(codec) <= 50),
    protection              text CHECK (protection IN ('none', 'fec', 'red', 'red_fec')),
    concealment_pct         double precision CHECK (concealment_pct BETWEEN 0 AND 100),
    width                   integer CHECK (width >= 0),
    height                  integer CHECK (height >= 0),
    fps                     double precision CHECK (fps BETWEEN 0 AND 10000),
    fps_expected            double precision CHECK (fps_expected BETWEEN 0 AND 10000),
    freeze_ratio            double precision CHECK (freeze_ratio BETWEEN 0 AND 1),
    freeze_count            bigint CHECK (freeze_count >= 0),
    frames_dropped_pct      double precision CHECK (frames_dropped_pct BETWEEN 0 AND 100),
    limitation              text CHECK (limitation IN ('none', 'cpu', 'bandwidth', 'other')),
    counter_resets          bigint NOT NULL DEFAULT 0 CHECK (counter_resets >= 0),
    mos                     double precision CHECK (mos BETWEEN 1 AND 5),
    score                   double precision CHECK (score BETWEEN 0 AND 100),
    formula                 text NOT NULL,
    received_at             timestamptz NOT NULL,
    PRIMARY KEY (call_id, connection_id, id)
);
COMMENT ON COLUMN samples.formula IS 'Which version of the formula made mos and score; both are null where it could not be told.';
CREATE INDEX samples_in_order ON samples (call_id, connection_id, started_at);

-- How each connection fares just now, for those who look at the call: smoothed, and overwritten by every interval.
CREATE TABLE live_quality (
    call_id         uuid NOT NULL,
    connection_id   uuid NOT NULL,
    at              timestamptz NOT NULL,
    score           double precision CHECK (score BETWEEN 0 AND 100),
    category        text NOT NULL CHECK (category IN ('excellent', 'good', 'fair', 'poor', 'unknown')),
    rtt_ms          double precision,
    packet_loss_pct double precision,
    jitter_ms       double precision,
    bitrate_kbps    double precision,
    PRIMARY KEY (call_id, connection_id),
    FOREIGN KEY (call_id, connection_id) REFERENCES connections (call_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);

-- What is known of a call after it. Made again whenever more becomes known; what it was made from stands beside it.
CREATE TABLE reports (
    call_id      uuid PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    version      bigint NOT NULL,
    revision     integer NOT NULL,
    is_final     boolean NOT NULL,
    analyzed_at  timestamptz NOT NULL,
    formula      text NOT NULL,
    profile      text NOT NULL,
    sample_count integer NOT NULL,
    score        double precision CHECK (score BETWEEN 0 AND 100),
    category     text NOT NULL CHECK (category IN ('excellent', 'good', 'fair', 'poor', 'unknown')),
    bytes_sent     bigint CHECK (bytes_sent >= 0),
    bytes_received bigint CHECK (bytes_received >= 0),
    body         json NOT NULL
);
COMMENT ON COLUMN reports.version IS 'The version of the record that it was made from.';
COMMENT ON COLUMN reports.revision IS 'How often it was made.';
CREATE INDEX reports_by_age ON reports (analyzed_at);

-- The same by person, where it can be asked for.
CREATE TABLE participant_quality (
    call_id        uuid NOT NULL,
    participant_id uuid NOT NULL,
    score          double precision CHECK (score BETWEEN 0 AND 100),
    category       text NOT NULL CHECK (category IN ('excellent', 'good', 'fair', 'poor', 'unknown')),
    covered_ms     bigint NOT NULL CHECK (covered_ms >= 0),
    bandwidth_kbps double precision CHECK (bandwidth_kbps >= 0),
    PRIMARY KEY (call_id, participant_id),
    FOREIGN KEY (call_id, participant_id) REFERENCES participants (call_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN participant_quality.covered_ms IS 'For how much of the time connected there were samples.';
COMMENT ON COLUMN participant_quality.bandwidth_kbps IS 'What this person received and sent together, on average over the time covered.';
