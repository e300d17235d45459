-- Notes of appointments, encrypted under keys that are not here.

-- What everybody may know who may know that there is a note. Its text is in its versions, of which the newest is `version`.
CREATE TABLE notes (
    id             uuid PRIMARY KEY,
    appointment_id uuid NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
    class          text NOT NULL CHECK (class IN ('general', 'psychotherapy', 'sud_counseling')),
    version        integer NOT NULL CHECK (version >= 1),
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    erased_at      timestamptz
);
CREATE INDEX notes_by_appointment ON notes (appointment_id, created_at, id);

-- A text as it was written, under a data key of its own, which is wrapped by a key of the ring. Once erased it has neither.
CREATE TABLE note_versions (
    note_id     uuid NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    version     integer NOT NULL CHECK (version >= 1),
    author      text NOT NULL CHECK (author ~ '^(user|guest):.{1,200}$'),
    written_at  timestamptz NOT NULL,
    key_id      text CHECK (length(key_id) BETWEEN 1 AND 64),
    wrapped_key bytea CHECK (octet_length(wrapped_key) = 60),
    sealed      bytea CHECK (octet_length(sealed) >= 28),
    PRIMARY KEY (note_id, version),
    CHECK (num_nulls(key_id, wrapped_key, sealed) IN (0, 3))
);
COMMENT ON COLUMN note_versions.wrapped_key IS 'Nonce, data key and tag (AES-256-GCM), bound to the note, its version, its class and key_id.';
COMMENT ON COLUMN note_versions.sealed IS 'Nonce, text and tag (AES-256-GCM), bound to the note, its version and its class.';
