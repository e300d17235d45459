-- How good it is by the hour of the day, of whole months: two years are asked for with percentiles, and have some 17,000 hours but 24 times 24 such rows.
ALTER TABLE quality_rollup_rows
    DROP CONSTRAINT quality_rollup_rows_grain_check,
    ADD CONSTRAINT quality_rollup_rows_grain_check CHECK (grain IN ('minute', 'hour', 'day', 'month', 'hour_of_day'));
COMMENT ON COLUMN quality_rollup_rows.starts_at IS 'Of an hour of the day: so many hours after the month began.';

-- Figures are right at once; by the new rules all is counted again afterwards, and histograms become short.
INSERT INTO quality_rollup_rows (
    generation, grain, dimension, value, starts_at, minutes, scored, score_sum, poor, issues, rtt_count, rtt_sum, packet_loss_count, packet_loss_sum,
    bitrate_count, bitrate_sum, jitter_count, jitter_sum, score, rtt, packet_loss, bitrate, jitter
)
SELECT generation, 'hour_of_day', dimension, value,
       date_trunc('month', shown) AT TIME ZONE time_zone + make_interval(hours => extract(hour FROM shown)::int),
       sum(minutes), sum(scored), sum(score_sum), sum(poor), sum(issues), sum(rtt_count), sum(rtt_sum), sum(packet_loss_count), sum(packet_loss_sum),
       sum(bitrate_count), sum(bitrate_sum), sum(jitter_count), sum(jitter_sum),
       string_agg(score, ''), string_agg(rtt, ''), string_agg(packet_loss, ''), string_agg(bitrate, ''), string_agg(jitter, '')
FROM (
    SELECT rows.*, zones.time_zone, starts_at AT TIME ZONE zones.time_zone AS shown
    FROM quality_rollup_rows AS rows JOIN rollup_zones AS zones USING (generation) WHERE grain = 'hour'
) AS hours
GROUP BY 1, 2, 3, 4, 5;
