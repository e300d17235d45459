-- Notes of appointments, encrypted under keys that are not here.

CREATE TABLE notes (
    id             uuid PRIMARY KEY,
    appointment_id uuid NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
    class          text NOT NULL CHECK (class IN ('general', 'psychotherapy', 'sud_counseling')),
    created_at     timestamptz NOT NULL
);
CREATE INDEX notes_by_appointment ON notes (appointment_id, created_at, id);
