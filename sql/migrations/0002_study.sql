-- The study, its sites and staff, its participants and everything dated about them.
-- Every clinical row begins its keys with study_id. Ids are UUIDv7 made by the program.

CREATE TABLE pro.studies (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code <> ''),
    name text NOT NULL,
    sender text NOT NULL CHECK (sender <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL
);

CREATE TABLE pro.protocol_versions (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    content_sha256 text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    label text NOT NULL,
    source text NOT NULL,
    document jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, content_sha256)
);

CREATE TABLE pro.sites (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    code text NOT NULL CHECK (code <> ''),
    name text NOT NULL,
    zone text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    telephone text NOT NULL CHECK (telephone <> ''),
    emergency_number text NOT NULL CHECK (emergency_number <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, code)
);

-- Which protocol version a site enrols under, and since when; the latest row holds.
CREATE TABLE pro.site_protocols (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    site_id uuid NOT NULL,
    protocol_version_id uuid NOT NULL,
    effective_from timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    FOREIGN KEY (study_id, protocol_version_id) REFERENCES pro.protocol_versions (study_id, id)
);

CREATE TABLE pro.staff (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    login text NOT NULL CHECK (login = lower(login) AND login <> ''),
    language text NOT NULL CHECK (language IN ('en', 'zh_CN')),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, login)
);

CREATE TABLE pro.staff_assignments (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    site_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('coordinator', 'investigator', 'data_manager', 'monitor')),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE TABLE pro.participants (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    code text NOT NULL CHECK (code <> ''),
    personal_code text NOT NULL,
    protocol_version_id uuid NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'zh_CN')),
    zone text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('text', 'link')),
    nudge_at time,
    treated_knees text[] NOT NULL
        CHECK (treated_knees <@ ARRAY['left_knee', 'right_knee'] AND cardinality(treated_knees) > 0),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, code),
    UNIQUE (study_id, personal_code),
    FOREIGN KEY (study_id, protocol_version_id) REFERENCES pro.protocol_versions (study_id, id)
);

-- The one number every write about a participant must have seen: read, decide, write if unchanged.
CREATE TABLE pro.participant_revisions (
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (study_id, participant_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
) WITH (fillfactor = 70);

-- At which site a participant is, and was. A former site keeps its own period.
CREATE TABLE pro.participant_sites (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    site_id uuid NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX one_present_site ON pro.participant_sites (study_id, participant_id)
    WHERE valid_to IS NULL;
CREATE INDEX participants_of_a_site ON pro.participant_sites (study_id, site_id, participant_id);

-- Screening and randomisation numbers and the like, as history.
CREATE TABLE pro.participant_identifiers (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('screening', 'randomisation')),
    value text NOT NULL,
    valid_from timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, kind, value),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);

-- A key per participant (participant_id NULL: the study's own, for what belongs to nobody yet),
-- wrapped by the master key named beside it.
CREATE TABLE pro.data_keys (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    participant_id uuid,
    wrapped bytea NOT NULL,
    wrapping_key text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE UNIQUE INDEX one_key_each ON pro.data_keys (study_id, participant_id) NULLS NOT DISTINCT;

-- Numbers as history: sealed, found by a keyed hash.
CREATE TABLE pro.contact_points (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('phone')),
    whose text NOT NULL DEFAULT 'self' CHECK (whose IN ('self', 'spouse', 'child', 'caregiver')),
    address_sealed bytea NOT NULL,
    address_key text NOT NULL,
    blind_index bytea NOT NULL,
    index_key text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    verified_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE UNIQUE INDEX one_present_number ON pro.contact_points (study_id, participant_id, kind)
    WHERE valid_to IS NULL;
CREATE INDEX contact_points_by_number ON pro.contact_points (study_id, blind_index);

CREATE TABLE pro.consents (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    version text NOT NULL,
    signed_on date NOT NULL,
    messages boolean NOT NULL,
    cross_border boolean NOT NULL DEFAULT false,
    caregiver boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX consents_of_participant ON pro.consents (study_id, participant_id, id);

CREATE TABLE pro.statuses (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    status text NOT NULL,
    effective_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX statuses_of_participant ON pro.statuses (study_id, participant_id, id);

-- Insert-only: the latest row of (participant, kind, ordinal) is the present word on that event.
CREATE TABLE pro.events (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    kind text NOT NULL,
    ordinal integer NOT NULL DEFAULT 1 CHECK (ordinal > 0),
    target text CHECK (target IN ('left_knee', 'right_knee', 'person')),
    planned_on date,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    CHECK (planned_on IS NOT NULL OR occurred_at IS NOT NULL)
);
CREATE INDEX events_of_participant ON pro.events (study_id, participant_id, kind, ordinal, id);
