-- When somebody was in a call for the first time: of tens of thousands who took part in a year, each would have to be looked for in the time before.
CREATE TABLE first_day_rows (
    generation integer NOT NULL,
    side       text NOT NULL,
    identity   text NOT NULL,
    starts_at  timestamptz NOT NULL,
    PRIMARY KEY (generation, side, identity)
);
COMMENT ON COLUMN first_day_rows.starts_at IS 'When the first day began on which they were connected to a call, on that side of it.';
CREATE INDEX first_days_by_time ON first_day_rows (generation, side, starts_at) INCLUDE (identity);

CREATE VIEW first_days AS
    SELECT side, identity, starts_at FROM first_day_rows WHERE generation = coalesce((SELECT generation FROM rollup_zones), 0);

INSERT INTO first_day_rows (generation, side, identity, starts_at)
SELECT generation, side, identity, min(starts_at) FROM person_rollup_rows WHERE grain = 'day' AND sessions > 0 GROUP BY 1, 2, 3;
