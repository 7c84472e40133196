-- Accounts of staff, whole: links that set a password, a second factor, when somebody last proved who they are.
-- All of it is the person's, not a study's, and machine time: links expire, codes are of half a minute.

ALTER TABLE pro.people ADD COLUMN name text CHECK (name <> '');
SELECT pro.list_audited('people', ARRAY['id', 'login', 'language', 'disabled_at', 'disabled_reason', 'joined_to',
    'recorded_at', 'actor', 'name']);

-- A link is shown once; here is the hash of its token. The newest of a person that has no end is open.
CREATE TABLE pro.account_links (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES pro.people (id),
    kind text NOT NULL CHECK (kind IN ('invitation', 'reset')),
    token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text CHECK (reason <> ''),
    CHECK (expires_at > recorded_at)
);
CREATE INDEX links_of_person ON pro.account_links (person_id, id);
CREATE TABLE pro.account_link_ends (
    id uuid PRIMARY KEY,
    link_id uuid NOT NULL UNIQUE REFERENCES pro.account_links (id),
    why text NOT NULL CHECK (why IN ('used', 'renewed')),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);

-- The secret a person's telephone makes codes of, sealed under the key of a study of theirs; and the hashes of
-- their recovery codes, which are long enough to need no slow hash. The newest without an end is in force.
CREATE TABLE pro.person_factors (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES pro.people (id),
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    secret_sealed bytea NOT NULL,
    secret_key text NOT NULL CHECK (secret_key LIKE 'A256GCM:%'),
    recovery_sha256 bytea[] NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
CREATE INDEX factors_of_person ON pro.person_factors (person_id, id);
CREATE TABLE pro.person_factor_ends (
    id uuid PRIMARY KEY,
    factor_id uuid NOT NULL UNIQUE REFERENCES pro.person_factors (id),
    why text NOT NULL CHECK (why IN ('renewed', 'reset')),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    reason text CHECK (reason <> ''),
    CHECK ((why = 'reset') = (reason IS NOT NULL))
);
-- A code counts once: of the telephone by the half minute it is of, of the list by its place there.
CREATE TABLE pro.person_factor_uses (
    id uuid PRIMARY KEY,
    factor_id uuid NOT NULL REFERENCES pro.person_factors (id),
    kind text NOT NULL CHECK (kind IN ('code', 'recovery')),
    which bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    UNIQUE (factor_id, kind, which)
);

SELECT pro.audit_table('account_links', updatable => false, columns => ARRAY['id', 'person_id', 'kind',
    'token_sha256', 'recorded_at', 'expires_at', 'actor', 'reason']);
SELECT pro.audit_table('account_link_ends', updatable => false, columns => ARRAY['id', 'link_id', 'why',
    'recorded_at', 'actor']);
SELECT pro.audit_table('person_factors', updatable => false, columns => ARRAY['id', 'person_id', 'study_id',
    'secret_sealed', 'secret_key', 'recovery_sha256', 'recorded_at', 'actor'], hashed => ARRAY['secret_sealed']);
SELECT pro.audit_table('person_factor_ends', updatable => false, columns => ARRAY['id', 'factor_id', 'why',
    'recorded_at', 'actor', 'reason']);
SELECT pro.audit_table('person_factor_uses', updatable => false, columns => ARRAY['id', 'factor_id', 'kind',
    'which', 'recorded_at', 'actor']);

CREATE VIEW pro.present_factors WITH (security_invoker = true) AS
    SELECT f.id, f.person_id, f.study_id, f.secret_sealed, f.secret_key, f.recovery_sha256
    FROM pro.person_factors AS f
    WHERE NOT EXISTS (SELECT FROM pro.person_factor_ends AS e WHERE e.factor_id = f.id);
CREATE VIEW pro.open_links WITH (security_invoker = true) AS
    SELECT l.id, l.person_id, l.kind, l.token_sha256, l.expires_at
    FROM pro.account_links AS l
    WHERE NOT EXISTS (SELECT FROM pro.account_link_ends AS e WHERE e.link_id = l.id);

-- Where a session was opened and with what; when its person last proved who they are, and when by a second factor.
ALTER TABLE pro.staff_sessions
    ADD COLUMN address text,
    ADD COLUMN device text,
    ADD COLUMN proved_at timestamptz,
    ADD COLUMN factor_at timestamptz,
    DROP CONSTRAINT staff_sessions_end_reason_check,
    ADD CONSTRAINT staff_sessions_end_reason_check CHECK (end_reason IN
        ('signed_out', 'replaced', 'password_changed', 'revoked', 'study_chosen', 'disabled', 'joined',
         'ended_elsewhere', 'proved'));
UPDATE pro.staff_sessions SET proved_at = started_at;
ALTER TABLE pro.staff_sessions
    ALTER COLUMN proved_at SET DEFAULT clock_timestamp(), ALTER COLUMN proved_at SET NOT NULL;
ALTER TABLE pro.staff_events
    DROP CONSTRAINT staff_events_kind_check,
    ADD CONSTRAINT staff_events_kind_check CHECK (kind IN
        ('signed_in', 'refused', 'throttled', 'signed_out', 'replaced', 'password_set', 'revoked',
         'study_chosen', 'disabled', 'joined', 'ended_elsewhere', 'proved', 'proof_refused', 'link_used'));
