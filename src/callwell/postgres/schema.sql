CREATE TABLE public.account_sessions (
    id uuid NOT NULL,
    hash bytea NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    user_agent text,
    CONSTRAINT account_sessions_user_agent_check CHECK ((length(user_agent) <= 500))
);

COMMENT ON COLUMN public.account_sessions.hash IS 'Of the secret in the cookie.';

COMMENT ON COLUMN public.account_sessions.seen_at IS 'The last request that a person made; what a page asks for by itself does not count.';

CREATE TABLE public.accounts (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    identity text,
    password_hash text,
    oidc_subject text,
    totp_sealed bytea,
    totp_confirmed_at timestamp with time zone,
    totp_last_step bigint,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    last_sign_in_at timestamp with time zone,
    CONSTRAINT accounts_check CHECK (((role <> 'provider'::text) OR (identity IS NOT NULL))),
    CONSTRAINT accounts_check1 CHECK (((totp_confirmed_at IS NULL) OR (totp_sealed IS NOT NULL))),
    CONSTRAINT accounts_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT accounts_identity_check CHECK ((identity ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT accounts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT accounts_oidc_subject_check CHECK (((length(oidc_subject) >= 1) AND (length(oidc_subject) <= 1000))),
    CONSTRAINT accounts_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'supervisor'::text, 'provider'::text, 'auditor'::text])))
);

COMMENT ON COLUMN public.accounts.identity IS 'Who they are in calls; of a provider, whose calls they see.';

COMMENT ON COLUMN public.accounts.totp_sealed IS 'The secret of the second factor (AES-256-GCM under a key derived from the deployment''s).';

COMMENT ON COLUMN public.accounts.totp_last_step IS 'The last time step of which a code was used: none is good twice.';

CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT api_keys_scopes_check CHECK ((cardinality(scopes) > 0))
);

CREATE TABLE public.appointment_changes (
    "position" bigint NOT NULL,
    appointment_id uuid NOT NULL
);

ALTER TABLE public.appointment_changes ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.appointment_changes_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.appointment_rollup_rows (
    generation integer DEFAULT 0 NOT NULL,
    grain text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    booked bigint DEFAULT 0 NOT NULL,
    completed bigint DEFAULT 0 NOT NULL,
    cancelled bigint DEFAULT 0 NOT NULL,
    declined bigint DEFAULT 0 NOT NULL,
    client_no_shows bigint DEFAULT 0 NOT NULL,
    provider_no_shows bigint DEFAULT 0 NOT NULL,
    both_no_shows bigint DEFAULT 0 NOT NULL,
    booked_ms bigint DEFAULT 0 NOT NULL,
    elapsed_ms bigint DEFAULT 0 NOT NULL,
    overlap_ms bigint DEFAULT 0 NOT NULL,
    CONSTRAINT appointment_rollup_rows_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text, 'month'::text])))
);

COMMENT ON COLUMN public.appointment_rollup_rows.booked IS 'All that were planned for this time, whatever became of them.';

CREATE TABLE public.rollup_zones (
    is_only boolean DEFAULT true NOT NULL,
    time_zone text NOT NULL,
    minutes_since timestamp with time zone NOT NULL,
    generation integer DEFAULT 0 NOT NULL,
    counted integer DEFAULT 0 NOT NULL,
    rules integer DEFAULT 0 NOT NULL,
    CONSTRAINT rollup_zones_is_only_check CHECK (is_only)
);

COMMENT ON COLUMN public.rollup_zones.counted IS 'The generation of what calls and appointments count for: it stays where rows are only cut anew.';

COMMENT ON COLUMN public.rollup_zones.rules IS 'Which version of the rules it was counted by (analytics/counting.py).';

CREATE VIEW public.appointment_rollups AS
 SELECT grain,
    dimension,
    value,
    starts_at,
    booked,
    completed,
    cancelled,
    declined,
    client_no_shows,
    provider_no_shows,
    both_no_shows,
    booked_ms,
    elapsed_ms,
    overlap_ms
   FROM public.appointment_rollup_rows
  WHERE (generation = COALESCE(( SELECT generation
           FROM public.rollup_zones), 0));

CREATE TABLE public.appointments (
    id uuid NOT NULL,
    external_id text,
    kind text NOT NULL,
    client_id text NOT NULL,
    provider_id text NOT NULL,
    conversation_id text,
    scheduled_at timestamp with time zone NOT NULL,
    duration_minutes integer NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    is_video_call boolean DEFAULT true NOT NULL,
    recording_enabled boolean DEFAULT false NOT NULL,
    recording_url text,
    payment_status text DEFAULT 'pending'::text NOT NULL,
    payment_provider text,
    payment_reference text,
    room_id uuid,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    reason text,
    confirmed_at timestamp with time zone,
    declined_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    completed_at timestamp with time zone,
    call_count integer DEFAULT 0 NOT NULL,
    call_started_at timestamp with time zone,
    call_ended_at timestamp with time zone,
    call_duration_minutes integer,
    call_failed boolean DEFAULT false NOT NULL,
    attended_client_ms bigint DEFAULT 0 NOT NULL,
    attended_provider_ms bigint DEFAULT 0 NOT NULL,
    overlap_ms bigint DEFAULT 0 NOT NULL,
    overlap_claimed_ms bigint DEFAULT 0 NOT NULL,
    no_show text,
    evidence jsonb,
    next_deadline_at timestamp with time zone,
    last_accessed_at timestamp with time zone NOT NULL,
    access_count bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT appointments_access_count_check CHECK ((access_count >= 0)),
    CONSTRAINT appointments_call_duration_minutes_check CHECK ((call_duration_minutes >= 0)),
    CONSTRAINT appointments_check CHECK ((client_id <> provider_id)),
    CONSTRAINT appointments_check1 CHECK (((status = 'no_show'::text) = (no_show IS NOT NULL))),
    CONSTRAINT appointments_check2 CHECK ((call_ended_at >= call_started_at)),
    CONSTRAINT appointments_client_id_check CHECK ((client_id ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT appointments_duration_minutes_check CHECK (((duration_minutes >= 1) AND (duration_minutes <= 1440))),
    CONSTRAINT appointments_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 200))),
    CONSTRAINT appointments_kind_check CHECK ((kind = ANY (ARRAY['individual'::text, 'group'::text, 'assessment'::text]))),
    CONSTRAINT appointments_no_show_check CHECK ((no_show = ANY (ARRAY['client'::text, 'provider'::text, 'both'::text]))),
    CONSTRAINT appointments_payment_provider_check CHECK (((length(payment_provider) >= 1) AND (length(payment_provider) <= 50))),
    CONSTRAINT appointments_payment_reference_check CHECK (((length(payment_reference) >= 1) AND (length(payment_reference) <= 200))),
    CONSTRAINT appointments_payment_status_check CHECK ((payment_status = ANY (ARRAY['pending'::text, 'completed'::text, 'failed'::text, 'refunded'::text]))),
    CONSTRAINT appointments_provider_id_check CHECK ((provider_id ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT appointments_reason_check CHECK ((length(reason) <= 500)),
    CONSTRAINT appointments_recording_url_check CHECK ((length(recording_url) <= 2000)),
    CONSTRAINT appointments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'confirmed'::text, 'in_progress'::text, 'completed'::text, 'cancelled'::text, 'declined'::text, 'no_show'::text])))
);

COMMENT ON COLUMN public.appointments.reason IS 'Why it was cancelled or declined.';

COMMENT ON COLUMN public.appointments.no_show IS 'Who did not come.';

COMMENT ON COLUMN public.appointments.evidence IS 'Of a no-show: who waited, from when to when.';

COMMENT ON COLUMN public.appointments.next_deadline_at IS 'When its window closes and it is judged; null where nothing is to be.';

CREATE TABLE public.attendees (
    appointment_id uuid NOT NULL,
    identity text NOT NULL,
    side text NOT NULL,
    scheduled_at timestamp with time zone NOT NULL,
    invite_id uuid,
    CONSTRAINT attendees_identity_check CHECK ((identity ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT attendees_side_check CHECK ((side = ANY (ARRAY['client'::text, 'provider'::text])))
);

CREATE TABLE public.audit_entries (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    action text NOT NULL,
    caller text NOT NULL,
    call_id uuid,
    room_id uuid,
    invite_id uuid,
    appointment_id uuid,
    participant_id uuid,
    error_code text,
    duration_ms bigint,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    identity_commitment bytea,
    address_commitment bytea,
    user_agent_commitment bytea,
    error_message text,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT audit_entries_check CHECK (((action <> 'call_end'::text) OR (duration_ms IS NOT NULL))),
    CONSTRAINT audit_entries_check1 CHECK (((action <> 'error_occurred'::text) OR (error_code IS NOT NULL))),
    CONSTRAINT audit_entries_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT audit_entries_error_message_check CHECK ((length(error_message) <= 500))
);

CREATE TABLE public.audit_identities (
    entry_id uuid NOT NULL,
    salt bytea,
    identity text,
    address text,
    user_agent text,
    erased_id uuid,
    CONSTRAINT audit_identities_check CHECK (((salt IS NOT NULL) OR ((identity IS NULL) AND (address IS NULL) AND (user_agent IS NULL))))
);

CREATE TABLE public.audit_seals (
    number bigint NOT NULL,
    until_txid xid8 NOT NULL,
    until_id uuid NOT NULL,
    entry_ids bytea NOT NULL,
    leaf_hashes bytea NOT NULL,
    statement text NOT NULL,
    signature bytea NOT NULL,
    archive text,
    archive_hash bytea,
    CONSTRAINT audit_seals_archive_check CHECK ((length(archive) <= 500)),
    CONSTRAINT audit_seals_archive_hash_check CHECK ((length(archive_hash) = 32)),
    CONSTRAINT audit_seals_check CHECK ((length(leaf_hashes) = (2 * length(entry_ids)))),
    CONSTRAINT audit_seals_check1 CHECK (((archive IS NULL) = (archive_hash IS NULL))),
    CONSTRAINT audit_seals_entry_ids_check CHECK ((length(entry_ids) >= 16)),
    CONSTRAINT audit_seals_number_check CHECK ((number >= 1)),
    CONSTRAINT audit_seals_signature_check CHECK ((length(signature) = 64))
);

COMMENT ON COLUMN public.audit_seals.archive IS 'The object that holds its entries; those in the table are removed then.';

COMMENT ON COLUMN public.audit_seals.archive_hash IS 'SHA-256 of that object.';

CREATE TABLE public.call_aliases (
    engine text NOT NULL,
    key text NOT NULL,
    call_id uuid NOT NULL
);

CREATE TABLE public.call_rollup_rows (
    generation integer DEFAULT 0 NOT NULL,
    grain text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    started bigint DEFAULT 0 NOT NULL,
    ended bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    unanswered bigint DEFAULT 0 NOT NULL,
    with_drops bigint DEFAULT 0 NOT NULL,
    with_issues bigint DEFAULT 0 NOT NULL,
    participants bigint DEFAULT 0 NOT NULL,
    disconnections bigint DEFAULT 0 NOT NULL,
    issues bigint DEFAULT 0 NOT NULL,
    mode_switches bigint DEFAULT 0 NOT NULL,
    elapsed_ms bigint DEFAULT 0 NOT NULL,
    attended_ms bigint DEFAULT 0 NOT NULL,
    overlap_ms bigint DEFAULT 0 NOT NULL,
    timed bigint DEFAULT 0 NOT NULL,
    excellent bigint DEFAULT 0 NOT NULL,
    good bigint DEFAULT 0 NOT NULL,
    fair bigint DEFAULT 0 NOT NULL,
    poor bigint DEFAULT 0 NOT NULL,
    unknown bigint DEFAULT 0 NOT NULL,
    scored bigint DEFAULT 0 NOT NULL,
    score_sum bigint DEFAULT 0 NOT NULL,
    elapsed bytea DEFAULT '\x'::bytea NOT NULL,
    score bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT call_rollup_rows_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text, 'month'::text])))
);

COMMENT ON COLUMN public.call_rollup_rows.unanswered IS 'Calls that ended and never began.';

COMMENT ON COLUMN public.call_rollup_rows.timed IS 'Calls that have an elapsed time: they began and ended.';

COMMENT ON COLUMN public.call_rollup_rows.score_sum IS 'In hundredths of a point.';

CREATE VIEW public.call_rollups AS
 SELECT grain,
    dimension,
    value,
    starts_at,
    calls,
    started,
    ended,
    failed,
    unanswered,
    with_drops,
    with_issues,
    participants,
    disconnections,
    issues,
    mode_switches,
    elapsed_ms,
    attended_ms,
    overlap_ms,
    timed,
    excellent,
    good,
    fair,
    poor,
    unknown,
    scored,
    score_sum,
    elapsed,
    score
   FROM public.call_rollup_rows
  WHERE (generation = COALESCE(( SELECT generation
           FROM public.rollup_zones), 0));

CREATE TABLE public.calls (
    id uuid NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    record_state text DEFAULT 'live'::text NOT NULL,
    status text DEFAULT 'initiated'::text NOT NULL,
    type text DEFAULT 'video'::text NOT NULL,
    mode text DEFAULT 'p2p'::text NOT NULL,
    engine text DEFAULT 'external'::text NOT NULL,
    room_id uuid,
    conversation_id text,
    appointment_id uuid,
    external_id text,
    initiator_id uuid,
    provider_id uuid,
    provider_name text,
    is_demo boolean DEFAULT false NOT NULL,
    settings json DEFAULT '{}'::json NOT NULL,
    metadata json DEFAULT '{}'::json NOT NULL,
    engine_data json DEFAULT '{}'::json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ringing_at timestamp with time zone,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    end_reason text,
    ended_by uuid,
    elapsed_ms bigint,
    overlap_ms bigint DEFAULT 0 NOT NULL,
    overlap_claimed_ms bigint DEFAULT 0 NOT NULL,
    overlap_of text DEFAULT 'people'::text NOT NULL,
    participant_count integer DEFAULT 0 NOT NULL,
    peak_participants integer DEFAULT 0 NOT NULL,
    mode_switch_count integer DEFAULT 0 NOT NULL,
    disconnection_count integer DEFAULT 0 NOT NULL,
    issue_count integer DEFAULT 0 NOT NULL,
    event_count integer DEFAULT 0 NOT NULL,
    anomaly_count integer DEFAULT 0 NOT NULL,
    anomalies json DEFAULT '[]'::json NOT NULL,
    needs_refold boolean DEFAULT false NOT NULL,
    is_sealed boolean DEFAULT false NOT NULL,
    final_at timestamp with time zone,
    next_deadline_at timestamp with time zone,
    state json,
    updated_at timestamp with time zone NOT NULL,
    told_start boolean DEFAULT false NOT NULL,
    told_end_at timestamp with time zone,
    told_end_ms bigint,
    CONSTRAINT calls_check CHECK (((overlap_claimed_ms >= 0) AND (overlap_claimed_ms <= overlap_ms))),
    CONSTRAINT calls_check1 CHECK (((ended_at IS NULL) OR (started_at IS NULL) OR (ended_at >= started_at))),
    CONSTRAINT calls_elapsed_ms_check CHECK ((elapsed_ms >= 0)),
    CONSTRAINT calls_engine_check CHECK ((engine = ANY (ARRAY['p2p'::text, 'livekit'::text, 'jitsi'::text, 'mediasoup'::text, 'external'::text]))),
    CONSTRAINT calls_mode_check CHECK ((mode = ANY (ARRAY['p2p'::text, 'sfu'::text]))),
    CONSTRAINT calls_overlap_ms_check CHECK ((overlap_ms >= 0)),
    CONSTRAINT calls_overlap_of_check CHECK ((overlap_of = ANY (ARRAY['sides'::text, 'people'::text]))),
    CONSTRAINT calls_provider_name_check CHECK ((length(provider_name) <= 200)),
    CONSTRAINT calls_record_state_check CHECK ((record_state = ANY (ARRAY['live'::text, 'provisional'::text, 'final'::text]))),
    CONSTRAINT calls_status_check CHECK ((status = ANY (ARRAY['initiated'::text, 'ringing'::text, 'active'::text, 'ended'::text, 'failed'::text]))),
    CONSTRAINT calls_told_end CHECK (((told_end_at IS NULL) = (told_end_ms IS NULL))),
    CONSTRAINT calls_told_end_ms_check CHECK ((told_end_ms >= 0)),
    CONSTRAINT calls_type_check CHECK ((type = ANY (ARRAY['video'::text, 'audio'::text])))
)
WITH (fillfactor='70');

COMMENT ON COLUMN public.calls.provider_name IS 'Of a provider of whom only the name is known. Who has an id is among the participants.';

COMMENT ON COLUMN public.calls.is_sealed IS 'Retention has begun to remove its events: it is never folded again.';

COMMENT ON COLUMN public.calls.state IS 'The fold over the facts about the call itself; those about a connection are with the connection.';

COMMENT ON COLUMN public.calls.told_end_at IS 'The end that the audit trail knows; told_end_ms is the duration that it was told.';

CREATE TABLE public.change_readers (
    name text NOT NULL,
    txid xid8 DEFAULT '0'::xid8 NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL
);

CREATE TABLE public.changes (
    "position" bigint NOT NULL,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    call_id uuid NOT NULL,
    version bigint NOT NULL,
    is_report boolean DEFAULT false NOT NULL
);

COMMENT ON COLUMN public.changes.is_report IS 'The record is as it was; its report was made anew.';

ALTER TABLE public.changes ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.changes_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.checkpoints_told (
    door text NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT checkpoints_told_door_check CHECK (((length(door) >= 1) AND (length(door) <= 100)))
);

CREATE TABLE public.connection_rollup_rows (
    generation integer DEFAULT 0 NOT NULL,
    grain text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    joins bigint DEFAULT 0 NOT NULL,
    connected bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL,
    dropped bigint DEFAULT 0 NOT NULL,
    disconnections bigint DEFAULT 0 NOT NULL,
    timed bigint DEFAULT 0 NOT NULL,
    setup_ms bigint DEFAULT 0 NOT NULL,
    attended_ms bigint DEFAULT 0 NOT NULL,
    setup bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT connection_rollup_rows_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text, 'month'::text])))
);

COMMENT ON COLUMN public.connection_rollup_rows.failed IS 'Connections that never came to be.';

COMMENT ON COLUMN public.connection_rollup_rows.dropped IS 'Connections that were there, were lost, and did not come back.';

CREATE VIEW public.connection_rollups AS
 SELECT grain,
    dimension,
    value,
    starts_at,
    joins,
    connected,
    failed,
    refused,
    dropped,
    disconnections,
    timed,
    setup_ms,
    attended_ms,
    setup
   FROM public.connection_rollup_rows
  WHERE (generation = COALESCE(( SELECT generation
           FROM public.rollup_zones), 0));

CREATE TABLE public.connections (
    call_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    source text NOT NULL,
    name text NOT NULL,
    status text DEFAULT 'connecting'::text NOT NULL,
    joined_at timestamp with time zone,
    connected_at timestamp with time zone,
    left_at timestamp with time zone,
    leave_reason text,
    duration_seconds integer,
    setup_ms integer,
    attended_ms bigint DEFAULT 0 NOT NULL,
    disconnection_count integer DEFAULT 0 NOT NULL,
    audio_enabled boolean,
    video_enabled boolean,
    screen_shared boolean,
    audio_option text,
    browser text,
    os text,
    device_type text,
    metadata jsonb,
    state json,
    told_established boolean DEFAULT false NOT NULL,
    told_failed boolean DEFAULT false NOT NULL,
    CONSTRAINT connections_device_type_check CHECK ((device_type = ANY (ARRAY['desktop'::text, 'mobile'::text, 'tablet'::text, 'tv'::text, 'bot'::text, 'other'::text]))),
    CONSTRAINT connections_duration_seconds_check CHECK ((duration_seconds >= 0)),
    CONSTRAINT connections_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT connections_status_check CHECK ((status = ANY (ARRAY['unseen'::text, 'waiting'::text, 'connecting'::text, 'connected'::text, 'disconnected'::text, 'left'::text, 'refused'::text, 'failed'::text])))
)
WITH (fillfactor='70');

COMMENT ON COLUMN public.connections.name IS 'How its source calls it; empty where the source names none.';

COMMENT ON COLUMN public.connections.state IS 'The fold over the facts about this connection, its intervals among them.';

CREATE TABLE public.conversations (
    id text NOT NULL,
    kind text,
    title text,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    erasing_since timestamp with time zone,
    CONSTRAINT conversations_id_check CHECK (((length(id) >= 1) AND (length(id) <= 200))),
    CONSTRAINT conversations_kind_check CHECK ((length(kind) <= 50)),
    CONSTRAINT conversations_title_check CHECK ((length(title) <= 500))
);

COMMENT ON COLUMN public.conversations.erasing_since IS 'It is being erased with all that is under it: nothing new is put under it.';

CREATE TABLE public.counted_appointments (
    generation integer DEFAULT 0 NOT NULL,
    appointment_id uuid NOT NULL,
    body bytea NOT NULL
);

CREATE TABLE public.counted_call_rows (
    generation integer DEFAULT 0 NOT NULL,
    call_id uuid NOT NULL,
    version bigint NOT NULL,
    revision integer,
    began_at timestamp with time zone NOT NULL,
    provider text,
    status text NOT NULL,
    category text NOT NULL,
    score double precision,
    disconnection_count integer NOT NULL,
    issue_count integer NOT NULL,
    critical_count integer DEFAULT 0 NOT NULL,
    body bytea NOT NULL
);

COMMENT ON COLUMN public.counted_call_rows.revision IS 'Of the report that was counted; null where there was none.';

COMMENT ON COLUMN public.counted_call_rows.critical_count IS 'Issues of the report that became critical.';

COMMENT ON COLUMN public.counted_call_rows.body IS 'What it added to which rows of which rollup.';

CREATE VIEW public.counted_calls AS
 SELECT call_id,
    version,
    revision,
    began_at,
    provider,
    status,
    category,
    score,
    disconnection_count,
    issue_count,
    critical_count,
    body
   FROM public.counted_call_rows
  WHERE (generation = COALESCE(( SELECT counted
           FROM public.rollup_zones), 0));

CREATE TABLE public.dead_letters (
    id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    call_id uuid NOT NULL,
    event_id uuid NOT NULL,
    code text NOT NULL,
    fact jsonb NOT NULL
);

CREATE TABLE public.erased_calls (
    call_id uuid NOT NULL,
    erased_at timestamp with time zone NOT NULL
);

CREATE TABLE public.erasures (
    id uuid NOT NULL,
    conversation_id text NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT erasures_conversation_id_check CHECK (((length(conversation_id) >= 1) AND (length(conversation_id) <= 200)))
);

COMMENT ON COLUMN public.erasures.counts IS 'How many rows of each kind are gone so far.';

CREATE TABLE public.events (
    call_id uuid NOT NULL,
    id uuid NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    participant_id uuid,
    connection_id uuid,
    basis_at timestamp with time zone,
    hash bytea NOT NULL,
    payload jsonb NOT NULL
);

COMMENT ON COLUMN public.events.sent_at IS 'What the source gave as occurred_at, where we corrected it.';

COMMENT ON COLUMN public.events.basis_at IS 'Of a timer''s fact: when its subject was last heard of.';

COMMENT ON COLUMN public.events.hash IS 'Over the fact as it was sent, to tell a repeat from another fact with the same id.';

CREATE TABLE public.first_day_rows (
    generation integer NOT NULL,
    side text NOT NULL,
    identity text NOT NULL,
    starts_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.first_day_rows.starts_at IS 'When the first day began on which they were connected to a call, on that side of it.';

CREATE VIEW public.first_days AS
 SELECT side,
    identity,
    starts_at
   FROM public.first_day_rows
  WHERE (generation = COALESCE(( SELECT generation
           FROM public.rollup_zones), 0));

CREATE TABLE public.grants (
    call_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    room_id uuid,
    invite_id uuid,
    is_host boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    connect_until timestamp with time zone NOT NULL,
    closes_at timestamp with time zone,
    revoked_at timestamp with time zone,
    clock_offset_ms bigint DEFAULT 0 NOT NULL,
    is_waiting boolean DEFAULT false NOT NULL
);

COMMENT ON COLUMN public.grants.clock_offset_ms IS 'By how much the page''s clock is ahead of ours, measured when its socket opened.';

CREATE TABLE public.idempotency_keys (
    caller text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint,
    answer bytea,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

CREATE TABLE public.invite_uses (
    invite_id uuid NOT NULL,
    identity text NOT NULL,
    used_at timestamp with time zone NOT NULL
);

CREATE TABLE public.invites (
    id uuid NOT NULL,
    room_id uuid NOT NULL,
    identity text,
    display_name text,
    role text NOT NULL,
    side text,
    is_host boolean DEFAULT false NOT NULL,
    opens_at timestamp with time zone,
    closes_at timestamp with time zone,
    max_uses integer,
    use_count integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT invites_check CHECK (((use_count >= 0) AND ((max_uses IS NULL) OR (use_count <= max_uses)))),
    CONSTRAINT invites_check1 CHECK ((closes_at > opens_at)),
    CONSTRAINT invites_display_name_check CHECK ((length(display_name) <= 200)),
    CONSTRAINT invites_identity_check CHECK ((identity ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT invites_max_uses_check CHECK ((max_uses > 0)),
    CONSTRAINT invites_role_check CHECK (((length(role) >= 1) AND (length(role) <= 50))),
    CONSTRAINT invites_side_check CHECK ((side = ANY (ARRAY['client'::text, 'provider'::text])))
);

CREATE TABLE public.leases (
    call_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    participant_id uuid NOT NULL,
    holder uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    settled boolean DEFAULT false NOT NULL
)
WITH (fillfactor='70');

COMMENT ON COLUMN public.leases.expires_at IS 'The last heartbeat and what a lease is good for.';

COMMENT ON COLUMN public.leases.settled IS 'Its running out was dealt with, or a later socket took its place.';

CREATE TABLE public.live_calls (
    room_id uuid NOT NULL,
    call_id uuid NOT NULL
);

CREATE TABLE public.live_quality (
    call_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    score double precision,
    category text NOT NULL,
    rtt_ms double precision,
    packet_loss_pct double precision,
    jitter_ms double precision,
    bitrate_kbps double precision,
    CONSTRAINT live_quality_category_check CHECK ((category = ANY (ARRAY['excellent'::text, 'good'::text, 'fair'::text, 'poor'::text, 'unknown'::text]))),
    CONSTRAINT live_quality_score_check CHECK (((score >= (0)::double precision) AND (score <= (100)::double precision)))
)
WITH (fillfactor='50');

CREATE TABLE public.metric_errors (
    period text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    action text NOT NULL,
    code text NOT NULL,
    count bigint NOT NULL
);

CREATE TABLE public.metric_users (
    period text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    person bytea NOT NULL,
    CONSTRAINT metric_users_person_check CHECK ((length(person) = 16))
);

CREATE TABLE public.metric_zones (
    period text NOT NULL,
    since timestamp with time zone NOT NULL,
    time_zone text NOT NULL,
    CONSTRAINT metric_zones_period_check CHECK ((period = ANY (ARRAY['hourly'::text, 'daily'::text, 'weekly'::text, 'monthly'::text])))
);

CREATE TABLE public.metrics (
    period text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    attempts bigint DEFAULT 0 NOT NULL,
    successes bigint DEFAULT 0 NOT NULL,
    failures bigint DEFAULT 0 NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    completed bigint DEFAULT 0 NOT NULL,
    duration_ms bigint DEFAULT 0 NOT NULL,
    connections bigint DEFAULT 0 NOT NULL,
    timed_connections bigint DEFAULT 0 NOT NULL,
    connecting_ms bigint DEFAULT 0 NOT NULL,
    failed_connections bigint DEFAULT 0 NOT NULL,
    unique_users bigint DEFAULT 0 NOT NULL,
    entry_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT metrics_period_check CHECK ((period = ANY (ARRAY['hourly'::text, 'daily'::text, 'weekly'::text, 'monthly'::text])))
);

COMMENT ON COLUMN public.metrics.duration_ms IS 'Of the calls that ended in it, together.';

COMMENT ON COLUMN public.metrics.connecting_ms IS 'How long the timed connections took to be established, together.';

COMMENT ON COLUMN public.metrics.entry_count IS 'Entries of the trail that it is made of. Where fewer are left, it cannot be made again.';

CREATE TABLE public.metrics_reader (
    is_only boolean DEFAULT true NOT NULL,
    txid xid8 NOT NULL,
    entry_id uuid NOT NULL,
    CONSTRAINT metrics_reader_is_only_check CHECK (is_only)
);

CREATE TABLE public.note_versions (
    note_id uuid NOT NULL,
    version integer NOT NULL,
    author text NOT NULL,
    written_at timestamp with time zone NOT NULL,
    key_id text,
    wrapped_key bytea,
    sealed bytea,
    CONSTRAINT note_versions_author_check CHECK ((author ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT note_versions_check CHECK ((num_nulls(key_id, wrapped_key, sealed) = ANY (ARRAY[0, 3]))),
    CONSTRAINT note_versions_key_id_check CHECK (((length(key_id) >= 1) AND (length(key_id) <= 64))),
    CONSTRAINT note_versions_sealed_check CHECK ((octet_length(sealed) >= 28)),
    CONSTRAINT note_versions_version_check CHECK ((version >= 1)),
    CONSTRAINT note_versions_wrapped_key_check CHECK ((octet_length(wrapped_key) = 60))
);

COMMENT ON COLUMN public.note_versions.wrapped_key IS 'Nonce, data key and tag (AES-256-GCM), bound to the note, its version, its class and key_id.';

COMMENT ON COLUMN public.note_versions.sealed IS 'Nonce, text and tag (AES-256-GCM), bound to the note, its version and its class.';

CREATE TABLE public.notes (
    id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    class text NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT notes_class_check CHECK ((class = ANY (ARRAY['general'::text, 'psychotherapy'::text, 'sud_counseling'::text]))),
    CONSTRAINT notes_version_check CHECK ((version >= 1))
);

CREATE TABLE public.participant_quality (
    call_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    score double precision,
    category text NOT NULL,
    covered_ms bigint NOT NULL,
    bandwidth_kbps double precision,
    CONSTRAINT participant_quality_bandwidth_kbps_check CHECK ((bandwidth_kbps >= (0)::double precision)),
    CONSTRAINT participant_quality_category_check CHECK ((category = ANY (ARRAY['excellent'::text, 'good'::text, 'fair'::text, 'poor'::text, 'unknown'::text]))),
    CONSTRAINT participant_quality_covered_ms_check CHECK ((covered_ms >= 0)),
    CONSTRAINT participant_quality_score_check CHECK (((score >= (0)::double precision) AND (score <= (100)::double precision)))
);

COMMENT ON COLUMN public.participant_quality.covered_ms IS 'For how much of the time connected there were samples.';

COMMENT ON COLUMN public.participant_quality.bandwidth_kbps IS 'What this person received and sent together, on average over the time covered.';

CREATE TABLE public.participants (
    call_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id text,
    guest_id text,
    erased_id uuid,
    display_name text,
    named_at timestamp with time zone,
    call_role text DEFAULT 'participant'::text NOT NULL,
    role text,
    side text,
    is_host boolean DEFAULT false NOT NULL,
    status text DEFAULT 'invited'::text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    joined_at timestamp with time zone,
    connected_at timestamp with time zone,
    left_at timestamp with time zone,
    leave_reason text,
    wait_ms bigint DEFAULT 0 NOT NULL,
    attended_ms bigint DEFAULT 0 NOT NULL,
    attended_engine_ms bigint DEFAULT 0 NOT NULL,
    attended_socket_ms bigint DEFAULT 0 NOT NULL,
    attended_claimed_ms bigint DEFAULT 0 NOT NULL,
    join_count integer DEFAULT 0 NOT NULL,
    disconnection_count integer DEFAULT 0 NOT NULL,
    audio_enabled boolean,
    video_enabled boolean,
    screen_shared boolean,
    ever_audio boolean,
    ever_video boolean,
    ever_screen boolean DEFAULT false NOT NULL,
    spoke_ms bigint DEFAULT 0 NOT NULL,
    messages_sent integer DEFAULT 0 NOT NULL,
    reactions_sent integer DEFAULT 0 NOT NULL,
    issue_count integer DEFAULT 0 NOT NULL,
    error_count integer DEFAULT 0 NOT NULL,
    event_count integer DEFAULT 0 NOT NULL,
    rating_stars smallint,
    CONSTRAINT participants_call_role_check CHECK ((call_role = ANY (ARRAY['initiator'::text, 'participant'::text]))),
    CONSTRAINT participants_check CHECK ((num_nonnulls(user_id, guest_id, erased_id) = 1)),
    CONSTRAINT participants_display_name_check CHECK ((length(display_name) <= 200)),
    CONSTRAINT participants_guest_id_check CHECK (((length(guest_id) >= 1) AND (length(guest_id) <= 200))),
    CONSTRAINT participants_rating_stars_check CHECK (((rating_stars >= 1) AND (rating_stars <= 5))),
    CONSTRAINT participants_role_check CHECK ((length(role) <= 50)),
    CONSTRAINT participants_side_check CHECK ((side = ANY (ARRAY['client'::text, 'provider'::text]))),
    CONSTRAINT participants_status_check CHECK ((status = ANY (ARRAY['invited'::text, 'waiting'::text, 'connecting'::text, 'connected'::text, 'disconnected'::text, 'left'::text, 'refused'::text, 'failed'::text]))),
    CONSTRAINT participants_user_id_check CHECK (((length(user_id) >= 1) AND (length(user_id) <= 200)))
)
WITH (fillfactor='70');

COMMENT ON COLUMN public.participants.named_at IS 'When the fact happened that display_name is from: the newest name stands, in whatever order they come.';

CREATE TABLE public.people (
    identity text NOT NULL,
    display_name text,
    avatar_url text,
    language text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    role text,
    side text,
    time_zone text,
    is_given boolean DEFAULT true NOT NULL,
    CONSTRAINT people_avatar_url_check CHECK ((length(avatar_url) <= 2000)),
    CONSTRAINT people_display_name_check CHECK ((length(display_name) <= 200)),
    CONSTRAINT people_identity_check CHECK ((identity ~ '^(user|guest):.{1,200}$'::text)),
    CONSTRAINT people_language_check CHECK ((length(language) <= 35)),
    CONSTRAINT people_role_check CHECK (((length(role) >= 1) AND (length(role) <= 50))),
    CONSTRAINT people_side_check CHECK ((side = ANY (ARRAY['client'::text, 'provider'::text]))),
    CONSTRAINT people_time_zone_check CHECK (((length(time_zone) >= 1) AND (length(time_zone) <= 100)))
);

COMMENT ON COLUMN public.people.is_given IS 'The host said so. What was only heard as somebody joined gives way to it.';

CREATE TABLE public.person_rollup_rows (
    generation integer DEFAULT 0 NOT NULL,
    grain text NOT NULL,
    side text NOT NULL,
    identity text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    sessions bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    with_issues bigint DEFAULT 0 NOT NULL,
    attended_ms bigint DEFAULT 0 NOT NULL,
    overlap_ms bigint DEFAULT 0 NOT NULL,
    spoke_ms bigint DEFAULT 0 NOT NULL,
    all_spoke_ms bigint DEFAULT 0 NOT NULL,
    messages bigint DEFAULT 0 NOT NULL,
    reactions bigint DEFAULT 0 NOT NULL,
    disconnections bigint DEFAULT 0 NOT NULL,
    issues bigint DEFAULT 0 NOT NULL,
    rated bigint DEFAULT 0 NOT NULL,
    stars bigint DEFAULT 0 NOT NULL,
    scored bigint DEFAULT 0 NOT NULL,
    score_sum bigint DEFAULT 0 NOT NULL,
    booked bigint DEFAULT 0 NOT NULL,
    completed bigint DEFAULT 0 NOT NULL,
    no_shows bigint DEFAULT 0 NOT NULL,
    cancelled bigint DEFAULT 0 NOT NULL,
    late bigint DEFAULT 0 NOT NULL,
    late_ms bigint DEFAULT 0 NOT NULL,
    arrived bigint DEFAULT 0 NOT NULL,
    CONSTRAINT person_rollup_rows_grain_check CHECK ((grain = ANY (ARRAY['day'::text, 'month'::text, 'quarter'::text, 'year'::text]))),
    CONSTRAINT person_rollup_rows_side_check CHECK ((side = ANY (ARRAY['client'::text, 'provider'::text, 'none'::text])))
);

COMMENT ON COLUMN public.person_rollup_rows.calls IS 'Calls that name them.';

COMMENT ON COLUMN public.person_rollup_rows.sessions IS 'Calls in which they were connected.';

COMMENT ON COLUMN public.person_rollup_rows.failed IS 'Calls that name them and failed, or in which they could not connect.';

COMMENT ON COLUMN public.person_rollup_rows.all_spoke_ms IS 'How long all people of their sessions spoke together, they among them.';

COMMENT ON COLUMN public.person_rollup_rows.rated IS 'Of a provider: ratings that the others gave of their sessions. Of others: ratings that they gave.';

COMMENT ON COLUMN public.person_rollup_rows.no_shows IS 'Appointments to which they did not come.';

COMMENT ON COLUMN public.person_rollup_rows.arrived IS 'Appointments to which they came, by which late is divided: more than a minute after the planned begin. late_ms is how much after it, of those late.';

CREATE VIEW public.person_rollups AS
 SELECT grain,
    side,
    identity,
    starts_at,
    calls,
    sessions,
    failed,
    with_issues,
    attended_ms,
    overlap_ms,
    spoke_ms,
    all_spoke_ms,
    messages,
    reactions,
    disconnections,
    issues,
    rated,
    stars,
    scored,
    score_sum,
    booked,
    completed,
    no_shows,
    cancelled,
    late,
    late_ms,
    arrived
   FROM public.person_rollup_rows
  WHERE (generation = COALESCE(( SELECT generation
           FROM public.rollup_zones), 0));

CREATE TABLE public.quality_rollup_rows (
    generation integer DEFAULT 0 NOT NULL,
    grain text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    minutes bigint DEFAULT 0 NOT NULL,
    scored bigint DEFAULT 0 NOT NULL,
    score_sum bigint DEFAULT 0 NOT NULL,
    poor bigint DEFAULT 0 NOT NULL,
    issues bigint DEFAULT 0 NOT NULL,
    rtt_count bigint DEFAULT 0 NOT NULL,
    rtt_sum bigint DEFAULT 0 NOT NULL,
    packet_loss_count bigint DEFAULT 0 NOT NULL,
    packet_loss_sum bigint DEFAULT 0 NOT NULL,
    bitrate_count bigint DEFAULT 0 NOT NULL,
    bitrate_sum bigint DEFAULT 0 NOT NULL,
    jitter_count bigint DEFAULT 0 NOT NULL,
    jitter_sum bigint DEFAULT 0 NOT NULL,
    score bytea DEFAULT '\x'::bytea NOT NULL,
    rtt bytea DEFAULT '\x'::bytea NOT NULL,
    packet_loss bytea DEFAULT '\x'::bytea NOT NULL,
    bitrate bytea DEFAULT '\x'::bytea NOT NULL,
    jitter bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT quality_rollup_rows_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text, 'month'::text, 'hour_of_day'::text])))
);

COMMENT ON COLUMN public.quality_rollup_rows.starts_at IS 'Of an hour of the day: so many hours after the month began.';

COMMENT ON COLUMN public.quality_rollup_rows.score_sum IS 'In hundredths of a point.';

COMMENT ON COLUMN public.quality_rollup_rows.rtt_sum IS 'In hundredths of a millisecond, as jitter_sum.';

COMMENT ON COLUMN public.quality_rollup_rows.packet_loss_sum IS 'In hundredths of a percent.';

COMMENT ON COLUMN public.quality_rollup_rows.bitrate_sum IS 'In hundredths of kbit/s.';

CREATE VIEW public.quality_rollups AS
 SELECT grain,
    dimension,
    value,
    starts_at,
    minutes,
    scored,
    score_sum,
    poor,
    issues,
    rtt_count,
    rtt_sum,
    packet_loss_count,
    packet_loss_sum,
    bitrate_count,
    bitrate_sum,
    jitter_count,
    jitter_sum,
    score,
    rtt,
    packet_loss,
    bitrate,
    jitter
   FROM public.quality_rollup_rows
  WHERE (generation = COALESCE(( SELECT generation
           FROM public.rollup_zones), 0));

CREATE TABLE public.recovery_codes (
    account_id uuid NOT NULL,
    hash bytea NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.reports (
    call_id uuid NOT NULL,
    version bigint NOT NULL,
    revision integer NOT NULL,
    is_final boolean NOT NULL,
    analyzed_at timestamp with time zone NOT NULL,
    formula text NOT NULL,
    profile text NOT NULL,
    sample_count integer NOT NULL,
    score double precision,
    category text NOT NULL,
    bytes_sent bigint,
    bytes_received bigint,
    body json NOT NULL,
    CONSTRAINT reports_bytes_received_check CHECK ((bytes_received >= 0)),
    CONSTRAINT reports_bytes_sent_check CHECK ((bytes_sent >= 0)),
    CONSTRAINT reports_category_check CHECK ((category = ANY (ARRAY['excellent'::text, 'good'::text, 'fair'::text, 'poor'::text, 'unknown'::text]))),
    CONSTRAINT reports_score_check CHECK (((score >= (0)::double precision) AND (score <= (100)::double precision)))
);

COMMENT ON COLUMN public.reports.version IS 'The version of the record that it was made from.';

COMMENT ON COLUMN public.reports.revision IS 'How often it was made.';

CREATE TABLE public.resumes (
    hash bytea NOT NULL,
    call_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    room_id uuid,
    invite_id uuid,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.rooms (
    id uuid NOT NULL,
    title text,
    conversation_id text,
    capacity smallint NOT NULL,
    type text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    last_accessed_at timestamp with time zone NOT NULL,
    access_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT rooms_access_count_check CHECK ((access_count >= 0)),
    CONSTRAINT rooms_capacity_check CHECK (((capacity >= 1) AND (capacity <= 50))),
    CONSTRAINT rooms_title_check CHECK ((length(title) <= 500)),
    CONSTRAINT rooms_type_check CHECK ((type = ANY (ARRAY['video'::text, 'audio'::text])))
);

CREATE TABLE public.rtcstats_entries (
    session_id text NOT NULL,
    number bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    entry bytea NOT NULL,
    CONSTRAINT rtcstats_entries_number_check CHECK ((number > 0))
);

CREATE TABLE public.rtcstats_sessions (
    id text NOT NULL,
    protocol text NOT NULL,
    meeting text,
    user_agent text,
    user_id text,
    is_trusted boolean NOT NULL,
    call_id uuid,
    opened_at timestamp with time zone NOT NULL,
    heard_at timestamp with time zone NOT NULL,
    last_number bigint DEFAULT 0 NOT NULL,
    entry_count integer DEFAULT 0 NOT NULL,
    byte_count bigint DEFAULT 0 NOT NULL,
    skipped jsonb DEFAULT '{}'::jsonb NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT rtcstats_sessions_byte_count_check CHECK ((byte_count >= 0)),
    CONSTRAINT rtcstats_sessions_entry_count_check CHECK ((entry_count >= 0)),
    CONSTRAINT rtcstats_sessions_id_check CHECK ((id ~ '^[A-Za-z0-9_-]{1,100}$'::text)),
    CONSTRAINT rtcstats_sessions_last_number_check CHECK ((last_number >= 0)),
    CONSTRAINT rtcstats_sessions_meeting_check CHECK ((length(meeting) <= 500)),
    CONSTRAINT rtcstats_sessions_protocol_check CHECK ((length(protocol) <= 50)),
    CONSTRAINT rtcstats_sessions_user_agent_check CHECK ((length(user_agent) <= 1000)),
    CONSTRAINT rtcstats_sessions_user_id_check CHECK ((length(user_id) <= 200))
);

COMMENT ON COLUMN public.rtcstats_sessions.id IS 'As the client calls it: statsSessionId.';

COMMENT ON COLUMN public.rtcstats_sessions.user_id IS 'Who its token says it is.';

COMMENT ON COLUMN public.rtcstats_sessions.is_trusted IS 'It showed the shared secret or a token.';

COMMENT ON COLUMN public.rtcstats_sessions.last_number IS 'The highest number of its entries that was dealt with; a client that comes back goes on after it.';

COMMENT ON COLUMN public.rtcstats_sessions.skipped IS 'How many entries could not be used, by reason.';

COMMENT ON COLUMN public.rtcstats_sessions.finished_at IS 'All that it said was told, and that it is over.';

CREATE TABLE public.samples (
    call_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    interval_ms integer NOT NULL,
    direction text NOT NULL,
    kind text NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    packet_loss_pct double precision,
    late_loss_pct double precision,
    rtt_ms double precision,
    path_rtt_ms double precision,
    jitter_ms double precision,
    jitter_buffer_ms double precision,
    packets bigint,
    bytes bigint,
    bitrate_kbps double precision,
    target_kbps double precision,
    available_outgoing_kbps double precision,
    codec text,
    protection text,
    concealment_pct double precision,
    width integer,
    height integer,
    fps double precision,
    fps_expected double precision,
    freeze_ratio double precision,
    freeze_count bigint,
    frames_dropped_pct double precision,
    limitation text,
    counter_resets bigint DEFAULT 0 NOT NULL,
    mos double precision,
    score double precision,
    formula text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT samples_available_outgoing_kbps_check CHECK (((available_outgoing_kbps >= (0)::double precision) AND (available_outgoing_kbps <= ('1000000000'::numeric)::double precision))),
    CONSTRAINT samples_bitrate_kbps_check CHECK (((bitrate_kbps >= (0)::double precision) AND (bitrate_kbps <= ('1000000000'::numeric)::double precision))),
    CONSTRAINT samples_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT samples_codec_check CHECK ((length(codec) <= 50)),
    CONSTRAINT samples_concealment_pct_check CHECK (((concealment_pct >= (0)::double precision) AND (concealment_pct <= (100)::double precision))),
    CONSTRAINT samples_counter_resets_check CHECK ((counter_resets >= 0)),
    CONSTRAINT samples_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))),
    CONSTRAINT samples_fps_check CHECK (((fps >= (0)::double precision) AND (fps <= (10000)::double precision))),
    CONSTRAINT samples_fps_expected_check CHECK (((fps_expected >= (0)::double precision) AND (fps_expected <= (10000)::double precision))),
    CONSTRAINT samples_frames_dropped_pct_check CHECK (((frames_dropped_pct >= (0)::double precision) AND (frames_dropped_pct <= (100)::double precision))),
    CONSTRAINT samples_freeze_count_check CHECK ((freeze_count >= 0)),
    CONSTRAINT samples_freeze_ratio_check CHECK (((freeze_ratio >= (0)::double precision) AND (freeze_ratio <= (1)::double precision))),
    CONSTRAINT samples_height_check CHECK ((height >= 0)),
    CONSTRAINT samples_interval_ms_check CHECK (((interval_ms >= 1) AND (interval_ms <= 60000))),
    CONSTRAINT samples_jitter_buffer_ms_check CHECK (((jitter_buffer_ms >= (0)::double precision) AND (jitter_buffer_ms <= (3600000)::double precision))),
    CONSTRAINT samples_jitter_ms_check CHECK (((jitter_ms >= (0)::double precision) AND (jitter_ms <= (3600000)::double precision))),
    CONSTRAINT samples_kind_check CHECK ((kind = ANY (ARRAY['audio'::text, 'video'::text, 'screen'::text]))),
    CONSTRAINT samples_late_loss_pct_check CHECK (((late_loss_pct >= (0)::double precision) AND (late_loss_pct <= (100)::double precision))),
    CONSTRAINT samples_limitation_check CHECK ((limitation = ANY (ARRAY['none'::text, 'cpu'::text, 'bandwidth'::text, 'other'::text]))),
    CONSTRAINT samples_mos_check CHECK (((mos >= (1)::double precision) AND (mos <= (5)::double precision))),
    CONSTRAINT samples_packet_loss_pct_check CHECK (((packet_loss_pct >= (0)::double precision) AND (packet_loss_pct <= (100)::double precision))),
    CONSTRAINT samples_packets_check CHECK ((packets >= 0)),
    CONSTRAINT samples_path_rtt_ms_check CHECK (((path_rtt_ms >= (0)::double precision) AND (path_rtt_ms <= (3600000)::double precision))),
    CONSTRAINT samples_protection_check CHECK ((protection = ANY (ARRAY['none'::text, 'fec'::text, 'red'::text, 'red_fec'::text]))),
    CONSTRAINT samples_rtt_ms_check CHECK (((rtt_ms >= (0)::double precision) AND (rtt_ms <= (3600000)::double precision))),
    CONSTRAINT samples_score_check CHECK (((score >= (0)::double precision) AND (score <= (100)::double precision))),
    CONSTRAINT samples_target_kbps_check CHECK (((target_kbps >= (0)::double precision) AND (target_kbps <= ('1000000000'::numeric)::double precision))),
    CONSTRAINT samples_width_check CHECK ((width >= 0))
);

COMMENT ON COLUMN public.samples.formula IS 'Which version of the formula made mos and score; both are null where it could not be told.';

CREATE TABLE public.saved_views (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    page text NOT NULL,
    name text NOT NULL,
    query jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT saved_views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT saved_views_page_check CHECK (((length(page) >= 1) AND (length(page) <= 50)))
);

CREATE TABLE public.settings (
    name text NOT NULL,
    value jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT settings_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

CREATE TABLE public.sign_in_failures (
    address_hash bytea NOT NULL,
    count integer NOT NULL,
    last_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT sign_in_failures_count_check CHECK ((count > 0))
);

COMMENT ON COLUMN public.sign_in_failures.address_hash IS 'Of the e-mail address, under a key derived from the deployment''s.';

CREATE UNLOGGED TABLE public.signals (
    id uuid NOT NULL,
    call_id uuid NOT NULL,
    from_id uuid NOT NULL,
    to_id uuid NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.sweep_gaps (
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    CONSTRAINT sweep_gaps_check CHECK ((ended_at > started_at))
);

CREATE TABLE public.sweeps (
    one boolean DEFAULT true NOT NULL,
    swept_at timestamp with time zone NOT NULL,
    CONSTRAINT sweeps_one_check CHECK (one)
);

ALTER TABLE ONLY public.account_sessions
    ADD CONSTRAINT account_sessions_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.account_sessions
    ADD CONSTRAINT account_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_hash_key UNIQUE (hash);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.appointment_changes
    ADD CONSTRAINT appointment_changes_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.appointment_rollup_rows
    ADD CONSTRAINT appointment_rollup_rows_pkey PRIMARY KEY (generation, grain, dimension, value, starts_at);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_id_scheduled_at_key UNIQUE (id, scheduled_at);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_room_id_key UNIQUE (room_id);

ALTER TABLE ONLY public.attendees
    ADD CONSTRAINT attendees_pkey PRIMARY KEY (appointment_id, identity);

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_identities
    ADD CONSTRAINT audit_identities_pkey PRIMARY KEY (entry_id);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_until_txid_until_id_key UNIQUE (until_txid, until_id);

ALTER TABLE ONLY public.call_aliases
    ADD CONSTRAINT call_aliases_pkey PRIMARY KEY (engine, key);

ALTER TABLE ONLY public.call_rollup_rows
    ADD CONSTRAINT call_rollup_rows_pkey PRIMARY KEY (generation, grain, dimension, value, starts_at);

ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.change_readers
    ADD CONSTRAINT change_readers_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.checkpoints_told
    ADD CONSTRAINT checkpoints_told_pkey PRIMARY KEY (door);

ALTER TABLE ONLY public.connection_rollup_rows
    ADD CONSTRAINT connection_rollup_rows_pkey PRIMARY KEY (generation, grain, dimension, value, starts_at);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_call_id_participant_id_source_name_key UNIQUE (call_id, participant_id, source, name);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (call_id, id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.counted_appointments
    ADD CONSTRAINT counted_appointments_pkey PRIMARY KEY (generation, appointment_id);

ALTER TABLE ONLY public.counted_call_rows
    ADD CONSTRAINT counted_call_rows_pkey PRIMARY KEY (generation, call_id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_call_id_event_id_source_code_fact_key UNIQUE (call_id, event_id, source, code, fact);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.erased_calls
    ADD CONSTRAINT erased_calls_pkey PRIMARY KEY (call_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (call_id, id, source);

ALTER TABLE ONLY public.first_day_rows
    ADD CONSTRAINT first_day_rows_pkey PRIMARY KEY (generation, side, identity);

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (call_id, connection_id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key);

ALTER TABLE ONLY public.invite_uses
    ADD CONSTRAINT invite_uses_pkey PRIMARY KEY (invite_id, identity);

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (call_id, connection_id, opened_at);

ALTER TABLE ONLY public.live_calls
    ADD CONSTRAINT live_calls_pkey PRIMARY KEY (room_id);

ALTER TABLE ONLY public.live_quality
    ADD CONSTRAINT live_quality_pkey PRIMARY KEY (call_id, connection_id);

ALTER TABLE ONLY public.metric_errors
    ADD CONSTRAINT metric_errors_pkey PRIMARY KEY (period, starts_at, action, code);

ALTER TABLE ONLY public.metric_users
    ADD CONSTRAINT metric_users_pkey PRIMARY KEY (period, starts_at, person);

ALTER TABLE ONLY public.metric_zones
    ADD CONSTRAINT metric_zones_pkey PRIMARY KEY (period, since);

ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metrics_pkey PRIMARY KEY (period, starts_at);

ALTER TABLE ONLY public.metrics_reader
    ADD CONSTRAINT metrics_reader_pkey PRIMARY KEY (is_only);

ALTER TABLE ONLY public.note_versions
    ADD CONSTRAINT note_versions_pkey PRIMARY KEY (note_id, version);

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.participant_quality
    ADD CONSTRAINT participant_quality_pkey PRIMARY KEY (call_id, participant_id);

ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_call_id_guest_id_key UNIQUE (call_id, guest_id);

ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_call_id_user_id_key UNIQUE (call_id, user_id);

ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_pkey PRIMARY KEY (call_id, id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (identity);

ALTER TABLE ONLY public.person_rollup_rows
    ADD CONSTRAINT person_rollup_rows_pkey PRIMARY KEY (generation, grain, side, identity, starts_at);

ALTER TABLE ONLY public.quality_rollup_rows
    ADD CONSTRAINT quality_rollup_rows_pkey PRIMARY KEY (generation, grain, dimension, value, starts_at);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (account_id, hash);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (call_id);

ALTER TABLE ONLY public.resumes
    ADD CONSTRAINT resumes_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.rollup_zones
    ADD CONSTRAINT rollup_zones_pkey PRIMARY KEY (is_only);

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rtcstats_entries
    ADD CONSTRAINT rtcstats_entries_pkey PRIMARY KEY (session_id, number);

ALTER TABLE ONLY public.rtcstats_sessions
    ADD CONSTRAINT rtcstats_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.samples
    ADD CONSTRAINT samples_pkey PRIMARY KEY (call_id, connection_id, id);

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_account_id_page_name_key UNIQUE (account_id, page, name);

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sign_in_failures
    ADD CONSTRAINT sign_in_failures_pkey PRIMARY KEY (address_hash);

ALTER TABLE ONLY public.signals
    ADD CONSTRAINT signals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sweep_gaps
    ADD CONSTRAINT sweep_gaps_pkey PRIMARY KEY (started_at);

ALTER TABLE ONLY public.sweeps
    ADD CONSTRAINT sweeps_pkey PRIMARY KEY (one);

CREATE INDEX account_sessions_by_account ON public.account_sessions USING btree (account_id, created_at);

CREATE UNIQUE INDEX accounts_by_email ON public.accounts USING btree (lower(email));

CREATE UNIQUE INDEX accounts_by_subject ON public.accounts USING btree (oidc_subject) WHERE (oidc_subject IS NOT NULL);

CREATE INDEX appointment_rollups_by_time ON public.appointment_rollup_rows USING btree (generation, grain, dimension, starts_at);

CREATE INDEX appointments_by_access ON public.appointments USING btree (last_accessed_at);

CREATE INDEX appointments_by_call ON public.appointments USING btree (call_started_at, status);

CREATE INDEX appointments_by_client ON public.appointments USING btree (client_id, scheduled_at, id);

CREATE INDEX appointments_by_conversation ON public.appointments USING btree (conversation_id, scheduled_at, id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX appointments_by_provider ON public.appointments USING btree (provider_id, scheduled_at, id);

CREATE INDEX appointments_by_status ON public.appointments USING btree (status, scheduled_at, id);

CREATE INDEX appointments_by_time ON public.appointments USING btree (scheduled_at, id);

CREATE INDEX appointments_due ON public.appointments USING btree (next_deadline_at) WHERE (next_deadline_at IS NOT NULL);

CREATE INDEX attendees_by_invite ON public.attendees USING btree (invite_id) WHERE (invite_id IS NOT NULL);

CREATE INDEX attendees_by_person ON public.attendees USING btree (identity, scheduled_at, appointment_id);

CREATE INDEX audit_entries_by_action ON public.audit_entries USING btree (action, at DESC, id DESC);

CREATE INDEX audit_entries_by_appointment ON public.audit_entries USING btree (appointment_id, at DESC, id DESC) WHERE (appointment_id IS NOT NULL);

CREATE INDEX audit_entries_by_call ON public.audit_entries USING btree (call_id, at DESC, id DESC) WHERE (call_id IS NOT NULL);

CREATE INDEX audit_entries_by_room ON public.audit_entries USING btree (room_id, at DESC, id DESC) WHERE (room_id IS NOT NULL);

CREATE INDEX audit_entries_in_order ON public.audit_entries USING btree (txid, id);

CREATE INDEX audit_entries_newest ON public.audit_entries USING btree (at DESC, id DESC);

CREATE INDEX audit_identities_by_identity ON public.audit_identities USING btree (identity) WHERE (identity IS NOT NULL);

CREATE INDEX audit_seals_to_archive ON public.audit_seals USING btree (number) WHERE (archive IS NULL);

CREATE INDEX call_aliases_by_call ON public.call_aliases USING btree (call_id);

CREATE INDEX call_rollups_by_time ON public.call_rollup_rows USING btree (generation, grain, dimension, starts_at);

CREATE INDEX calls_by_appointment ON public.calls USING btree (appointment_id, created_at DESC, id DESC) WHERE (appointment_id IS NOT NULL);

CREATE INDEX calls_by_conversation ON public.calls USING btree (conversation_id, created_at DESC, id DESC) WHERE (conversation_id IS NOT NULL);

CREATE INDEX calls_by_external_id ON public.calls USING btree (external_id) WHERE (external_id IS NOT NULL);

CREATE INDEX calls_by_mode ON public.calls USING btree (mode, status, created_at DESC, id DESC);

CREATE INDEX calls_by_room ON public.calls USING btree (room_id, created_at DESC, id DESC) WHERE (room_id IS NOT NULL);

CREATE INDEX calls_by_status ON public.calls USING btree (status, created_at DESC, id DESC);

CREATE INDEX calls_due ON public.calls USING btree (next_deadline_at) WHERE (next_deadline_at IS NOT NULL);

CREATE INDEX calls_newest ON public.calls USING btree (created_at DESC, id DESC);

CREATE INDEX calls_to_refold ON public.calls USING btree (id) WHERE needs_refold;

CREATE INDEX calls_unfinished_by_conversation ON public.calls USING btree (conversation_id, status) WHERE (status = ANY (ARRAY['initiated'::text, 'ringing'::text, 'active'::text]));

CREATE INDEX changes_in_order ON public.changes USING btree (txid, "position");

CREATE INDEX connection_rollups_by_time ON public.connection_rollup_rows USING btree (generation, grain, dimension, starts_at);

CREATE INDEX conversations_active ON public.conversations USING btree (is_active, id);

CREATE INDEX conversations_by_kind ON public.conversations USING btree (kind, id) WHERE (kind IS NOT NULL);

CREATE INDEX counted_calls_by_category ON public.counted_call_rows USING btree (generation, category, began_at DESC, call_id DESC);

CREATE INDEX counted_calls_by_provider ON public.counted_call_rows USING btree (generation, provider, began_at DESC, call_id DESC) WHERE (provider IS NOT NULL);

CREATE INDEX counted_calls_failed ON public.counted_call_rows USING btree (generation, began_at DESC, call_id DESC) WHERE (status = 'failed'::text);

CREATE INDEX counted_calls_newest ON public.counted_call_rows USING btree (generation, began_at DESC, call_id DESC);

CREATE INDEX counted_calls_poor ON public.counted_call_rows USING btree (generation, began_at DESC, call_id DESC) WHERE (category = 'poor'::text);

CREATE INDEX counted_calls_troubled ON public.counted_call_rows USING btree (generation, disconnection_count DESC, began_at DESC, call_id DESC) WHERE ((disconnection_count > 0) OR (category = 'poor'::text) OR (status = 'failed'::text) OR (critical_count > 0));

CREATE INDEX counted_calls_with_disconnections ON public.counted_call_rows USING btree (generation, began_at DESC, call_id DESC, disconnection_count) WHERE (disconnection_count > 0);

CREATE INDEX counted_calls_with_issues ON public.counted_call_rows USING btree (generation, began_at DESC, call_id DESC) WHERE (issue_count > 0);

CREATE INDEX dead_letters_by_call ON public.dead_letters USING btree (call_id, received_at);

CREATE UNIQUE INDEX erasures_unfinished ON public.erasures USING btree (conversation_id) WHERE (completed_at IS NULL);

CREATE INDEX events_timeline ON public.events USING btree (call_id, occurred_at, id);

CREATE INDEX first_days_by_time ON public.first_day_rows USING btree (generation, side, starts_at) INCLUDE (identity);

CREATE INDEX grants_by_invite ON public.grants USING btree (invite_id) WHERE (invite_id IS NOT NULL);

CREATE INDEX grants_by_room ON public.grants USING btree (room_id) WHERE (room_id IS NOT NULL);

CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at);

CREATE INDEX invites_by_room ON public.invites USING btree (room_id, created_at);

CREATE INDEX leases_running_out ON public.leases USING btree (expires_at) WHERE (NOT settled);

CREATE INDEX live_calls_by_call ON public.live_calls USING btree (call_id);

CREATE INDEX metric_users_by_person ON public.metric_users USING btree (person);

CREATE INDEX notes_by_appointment ON public.notes USING btree (appointment_id, created_at, id);

CREATE INDEX participants_by_guest ON public.participants USING btree (guest_id, first_at DESC, call_id DESC) WHERE (guest_id IS NOT NULL);

CREATE INDEX participants_by_status ON public.participants USING btree (call_id, status);

CREATE INDEX participants_by_user ON public.participants USING btree (user_id, first_at DESC, call_id DESC) WHERE (user_id IS NOT NULL);

CREATE INDEX participants_present_by_user ON public.participants USING btree (user_id, status) WHERE (status = ANY (ARRAY['waiting'::text, 'connecting'::text, 'connected'::text, 'disconnected'::text]));

CREATE INDEX people_by_name ON public.people USING btree (lower(display_name) COLLATE "C", identity);

CREATE INDEX people_by_side ON public.people USING btree (side, identity) WHERE (side IS NOT NULL);

CREATE INDEX people_by_words ON public.people USING gin (to_tsvector('simple'::regconfig, display_name)) WITH (fastupdate=off);

CREATE INDEX person_rollups_by_time ON public.person_rollup_rows USING btree (generation, grain, side, starts_at) INCLUDE (identity, sessions, booked, attended_ms);

CREATE INDEX person_rollups_seen ON public.person_rollup_rows USING btree (generation, identity, starts_at) INCLUDE (side) WHERE ((grain = 'day'::text) AND (sessions > 0));

CREATE INDEX quality_rollups_by_time ON public.quality_rollup_rows USING btree (generation, grain, dimension, starts_at);

CREATE INDEX reports_by_age ON public.reports USING btree (analyzed_at);

CREATE INDEX resumes_by_call ON public.resumes USING btree (call_id);

CREATE INDEX rooms_by_access ON public.rooms USING btree (last_accessed_at);

CREATE INDEX rooms_by_conversation ON public.rooms USING btree (conversation_id) WHERE (conversation_id IS NOT NULL);

CREATE INDEX rooms_by_title ON public.rooms USING btree (lower(title) COLLATE "C", id) WHERE (title IS NOT NULL);

CREATE INDEX rooms_newest ON public.rooms USING btree (created_at DESC, id DESC);

CREATE INDEX rtcstats_sessions_by_age ON public.rtcstats_sessions USING btree (heard_at);

CREATE INDEX rtcstats_sessions_by_call ON public.rtcstats_sessions USING btree (call_id) WHERE (call_id IS NOT NULL);

CREATE INDEX rtcstats_sessions_unfinished ON public.rtcstats_sessions USING btree (heard_at) WHERE (finished_at IS NULL);

CREATE INDEX samples_in_order ON public.samples USING btree (call_id, connection_id, started_at);

CREATE INDEX signals_by_age ON public.signals USING btree (created_at);

ALTER TABLE ONLY public.account_sessions
    ADD CONSTRAINT account_sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id);

ALTER TABLE ONLY public.attendees
    ADD CONSTRAINT attendees_appointment_id_scheduled_at_fkey FOREIGN KEY (appointment_id, scheduled_at) REFERENCES public.appointments(id, scheduled_at) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.attendees
    ADD CONSTRAINT attendees_invite_id_fkey FOREIGN KEY (invite_id) REFERENCES public.invites(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.audit_identities
    ADD CONSTRAINT audit_identities_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES public.audit_entries(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_call_id_participant_id_fkey FOREIGN KEY (call_id, participant_id) REFERENCES public.participants(call_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_call_id_fkey FOREIGN KEY (call_id) REFERENCES public.calls(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_call_id_connection_id_fkey FOREIGN KEY (call_id, connection_id) REFERENCES public.connections(call_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invite_uses
    ADD CONSTRAINT invite_uses_invite_id_fkey FOREIGN KEY (invite_id) REFERENCES public.invites(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_room_id_fkey FOREIGN KEY (room_id) REFERENCES public.rooms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_call_id_connection_id_fkey FOREIGN KEY (call_id, connection_id) REFERENCES public.connections(call_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.live_quality
    ADD CONSTRAINT live_quality_call_id_connection_id_fkey FOREIGN KEY (call_id, connection_id) REFERENCES public.connections(call_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.metric_errors
    ADD CONSTRAINT metric_errors_period_starts_at_fkey FOREIGN KEY (period, starts_at) REFERENCES public.metrics(period, starts_at) ON DELETE CASCADE;

ALTER TABLE ONLY public.metric_users
    ADD CONSTRAINT metric_users_period_starts_at_fkey FOREIGN KEY (period, starts_at) REFERENCES public.metrics(period, starts_at) ON DELETE CASCADE;

ALTER TABLE ONLY public.note_versions
    ADD CONSTRAINT note_versions_note_id_fkey FOREIGN KEY (note_id) REFERENCES public.notes(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES public.appointments(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.participant_quality
    ADD CONSTRAINT participant_quality_call_id_participant_id_fkey FOREIGN KEY (call_id, participant_id) REFERENCES public.participants(call_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.participants
    ADD CONSTRAINT participants_call_id_fkey FOREIGN KEY (call_id) REFERENCES public.calls(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_call_id_fkey FOREIGN KEY (call_id) REFERENCES public.calls(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.rooms
    ADD CONSTRAINT rooms_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.rtcstats_entries
    ADD CONSTRAINT rtcstats_entries_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.rtcstats_sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.samples
    ADD CONSTRAINT samples_call_id_fkey FOREIGN KEY (call_id) REFERENCES public.calls(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;
