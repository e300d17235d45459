-- Who took part in years: added up from an index alone, and who of them did so before is found by one that holds nothing else.
DROP INDEX person_rollups_by_time;
CREATE INDEX person_rollups_by_time ON person_rollup_rows (generation, grain, side, starts_at) INCLUDE (identity, sessions, booked, attended_ms);
CREATE INDEX person_rollups_seen ON person_rollup_rows (generation, identity, starts_at) INCLUDE (side) WHERE grain = 'day' AND sessions > 0;
