-- The audit trail in the order in which it is sealed, and its seals.

-- An entry's transaction gives it its place: below the oldest transaction that still runs nothing can be added any more.
ALTER TABLE audit_entries
    ADD COLUMN error_message text CHECK (length(error_message) <= 500),
    ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX audit_entries_in_order ON audit_entries (txid, id);
CREATE INDEX audit_entries_by_appointment ON audit_entries (appointment_id, at DESC, id DESC) WHERE appointment_id IS NOT NULL;

-- Somebody who is erased leaves one random id, the same in all their entries: people can still be counted. Without the salt commitments tell nothing.
ALTER TABLE audit_identities
    ADD COLUMN erased_id uuid,
    ALTER COLUMN salt DROP NOT NULL,
    ADD CHECK (salt IS NOT NULL OR (identity IS NULL AND address IS NULL AND user_agent IS NULL));

-- Each seal is over the entries after the one before it, up to (until_txid, until_id). It holds their ids (16 bytes each) and leaf hashes (32 bytes
-- each), so that the first entry that is not as it was can be named. The statement is what is signed, byte for byte, and says all else of it.
CREATE TABLE audit_seals (
    number       bigint PRIMARY KEY CHECK (number >= 1),
    until_txid   xid8 NOT NULL,
    until_id     uuid NOT NULL,
    entry_ids    bytea NOT NULL CHECK (length(entry_ids) >= 16),
    leaf_hashes  bytea NOT NULL CHECK (length(leaf_hashes) = 2 * length(entry_ids)),
    statement    text NOT NULL,
    signature    bytea NOT NULL CHECK (length(signature) = 64),
    archive      text CHECK (length(archive) <= 500),
    archive_hash bytea CHECK (length(archive_hash) = 32),
    UNIQUE (until_txid, until_id),
    CHECK ((archive IS NULL) = (archive_hash IS NULL))
);
COMMENT ON COLUMN audit_seals.archive IS 'The object that holds its entries; those in the table are removed then.';
COMMENT ON COLUMN audit_seals.archive_hash IS 'SHA-256 of that object.';
CREATE INDEX audit_seals_to_archive ON audit_seals (number) WHERE archive IS NULL;

-- Up to which seal a door outwards was told.
CREATE TABLE checkpoints_told (
    door   text PRIMARY KEY CHECK (length(door) BETWEEN 1 AND 100),
    number bigint NOT NULL
);
