-- Providers that push many receipts or texts in one request, and sign none of it (R25). A push is kept as it came, sealed
-- under the study's key, and acknowledged at once; what it holds is read afterwards, element by element. Once all of
-- it has its own rows the push itself is emptied. What could not be read, or belongs to no sender of ours, stays until
-- somebody has looked at it. These providers tell no address of ours: an alias says whose a text is that came by it.
CREATE TABLE pro.provider_pushes (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('inbound', 'receipts')),
    -- Machine time, as all that a worker counts by.
    came_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body_sealed bytea,
    body_key text CHECK (body_key LIKE 'A256GCM:%'),
    lease_until timestamptz,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    worked_at timestamptz,
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    broken integer NOT NULL DEFAULT 0 CHECK (broken >= 0),
    -- Receipts of messages that are not ours, and texts that came to no sender of ours.
    unknown integer NOT NULL DEFAULT 0 CHECK (unknown >= 0),
    closed_at timestamptz,
    closed_by text,
    PRIMARY KEY (study_id, id),
    CHECK ((body_sealed IS NULL) = (body_key IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE INDEX pushes_to_work_off ON pro.provider_pushes (id) WHERE worked_at IS NULL;
CREATE INDEX pushes_to_look_at ON pro.provider_pushes (study_id, id) WHERE body_sealed IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (body_sealed, body_key, lease_until, tries, worked_at, taken, broken, unknown)
    ON pro.provider_pushes TO pro_provider;
GRANT SELECT, UPDATE (body_sealed, body_key, closed_at, closed_by) ON pro.provider_pushes TO pro_operator;

CREATE TABLE pro.sender_aliases (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL,
    -- A number of the provider's, a signature, an account: what it says instead of our address.
    alias text NOT NULL CHECK (alias <> ''),
    sender_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (provider, alias),
    FOREIGN KEY (study_id, sender_id) REFERENCES pro.senders (study_id, id)
);
GRANT SELECT ON pro.sender_aliases TO pro_provider;
GRANT SELECT, INSERT ON pro.sender_aliases TO pro_operator;
SELECT pro.audit_table('sender_aliases', updatable => false, columns => ARRAY['study_id', 'id', 'provider', 'alias',
    'sender_id', 'recorded_at', 'actor']);
