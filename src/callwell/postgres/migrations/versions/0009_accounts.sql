-- People who sign in to the console: staff, and providers who see their own.

CREATE TABLE accounts (
    id                uuid PRIMARY KEY,
    email             text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    name              text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role              text NOT NULL CHECK (role IN ('admin', 'supervisor', 'provider', 'auditor')),
    identity          text CHECK (identity ~ '^(user|guest):.{1,200}$'),
    password_hash     text,
    oidc_subject      text CHECK (length(oidc_subject) BETWEEN 1 AND 1000),
    totp_sealed       bytea,
    totp_confirmed_at timestamptz,
    totp_last_step    bigint,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    disabled_at       timestamptz,
    last_sign_in_at   timestamptz,
    CHECK (role <> 'provider' OR identity IS NOT NULL),
    CHECK (totp_confirmed_at IS NULL OR totp_sealed IS NOT NULL)
);
COMMENT ON COLUMN accounts.identity IS 'Who they are in calls; of a provider, whose calls they see.';
COMMENT ON COLUMN accounts.totp_sealed IS 'The secret of the second factor (AES-256-GCM under a key derived from the deployment''s).';
COMMENT ON COLUMN accounts.totp_last_step IS 'The last time step of which a code was used: none is good twice.';
CREATE UNIQUE INDEX accounts_by_email ON accounts (lower(email));
CREATE UNIQUE INDEX accounts_by_subject ON accounts (oidc_subject) WHERE oidc_subject IS NOT NULL;

-- Codes for when the second factor is lost, each good once.
CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash       bytea NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (account_id, hash)
);

-- Sign-ins that went wrong, by address, whether or not there is an account of that address: what is answered must not tell.
CREATE TABLE sign_in_failures (
    address_hash bytea PRIMARY KEY,
    count        integer NOT NULL CHECK (count > 0),
    last_at      timestamptz NOT NULL,
    locked_until timestamptz
);
COMMENT ON COLUMN sign_in_failures.address_hash IS 'Of the e-mail address, under a key derived from the deployment''s.';

CREATE TABLE account_sessions (
    id         uuid PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_agent text CHECK (length(user_agent) <= 500)
);
COMMENT ON COLUMN account_sessions.hash IS 'Of the secret in the cookie.';
COMMENT ON COLUMN account_sessions.seen_at IS 'The last request that a person made; what a page asks for by itself does not count.';
CREATE INDEX account_sessions_by_account ON account_sessions (account_id, created_at);

-- Views of lists that somebody keeps.
CREATE TABLE saved_views (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    page       text NOT NULL CHECK (length(page) BETWEEN 1 AND 50),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    query      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (account_id, page, name)
);
