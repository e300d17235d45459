-- The audit trail in the order in which it is sealed, and its seals.

ALTER TABLE audit_entries
    ADD COLUMN error_message text CHECK (length(error_message) <= 500),
    ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX audit_entries_in_order ON audit_entries (txid, id);
CREATE INDEX audit_entries_by_appointment ON audit_entries (appointment_id, at DESC, id DESC) WHERE appointment_id IS NOT NULL;
