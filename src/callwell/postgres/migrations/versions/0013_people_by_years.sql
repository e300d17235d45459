-- What people did, by quarters and years, too: two years of forty thousand people are six hundred thousand months and days, but two hundred thousand such rows.
ALTER TABLE person_rollup_rows
    DROP CONSTRAINT person_rollup_rows_grain_check,
    ADD CONSTRAINT person_rollup_rows_grain_check CHECK (grain IN ('day', 'month', 'quarter', 'year'));

-- Figures are right at once; by the new rules all is counted again afterwards.
INSERT INTO person_rollup_rows (
    generation, grain, side, identity, starts_at, calls, sessions, failed, with_issues, attended_ms, overlap_ms, spoke_ms, all_spoke_ms, messages, reactions,
    disconnections, issues, rated, stars, scored, score_sum, booked, completed, no_shows, cancelled, late, late_ms, arrived
)
SELECT generation, longer.grain, side, identity, date_trunc(longer.grain, starts_at AT TIME ZONE time_zone) AT TIME ZONE time_zone,
       sum(calls), sum(sessions), sum(failed), sum(with_issues), sum(attended_ms), sum(overlap_ms), sum(spoke_ms), sum(all_spoke_ms), sum(messages),
       sum(reactions), sum(disconnections), sum(issues), sum(rated), sum(stars), sum(scored), sum(score_sum), sum(booked), sum(completed), sum(no_shows),
       sum(cancelled), sum(late), sum(late_ms), sum(arrived)
FROM person_rollup_rows AS rows JOIN rollup_zones USING (generation) CROSS JOIN (VALUES ('quarter'), ('year')) AS longer (grain)
WHERE rows.grain = 'month'
GROUP BY 1, 2, 3, 4, 5;
