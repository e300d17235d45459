-- Figures of hours, days, weeks and months, kept from the audit trail.

CREATE TABLE metrics (
    period    text NOT NULL CHECK (period IN ('hourly', 'daily', 'weekly', 'monthly')),
    starts_at timestamptz NOT NULL,
    PRIMARY KEY (period, starts_at)
);
