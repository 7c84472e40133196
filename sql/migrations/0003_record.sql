-- The clinical record: visits, assessments, attempts, responses, scores.

CREATE TABLE pro.visits (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    definition text NOT NULL,
    kind text NOT NULL CHECK (kind IN
        ('screening', 'treatment', 'scheduled', 'unscheduled', 'early_termination')),
    occurrence integer NOT NULL DEFAULT 1 CHECK (occurrence > 0),
    schedule_revision integer NOT NULL CHECK (schedule_revision > 0),
    provisional boolean NOT NULL,
    opens_at timestamptz NOT NULL,
    target_on date NOT NULL,
    closes_at timestamptz,
    attended_on date,
    superseded_at timestamptz,
    superseded_reason text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, participant_id, definition, occurrence, schedule_revision),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    CHECK (closes_at IS NULL OR closes_at > opens_at),
    CHECK ((superseded_at IS NULL) = (superseded_reason IS NULL))
);
-- Not unique: one statement supersedes the old row and inserts the new one, and a partial unique index
-- would see both. The participant's revision keeps two writers apart.
CREATE INDEX present_visits ON pro.visits (study_id, participant_id) WHERE superseded_at IS NULL;
CREATE INDEX visits_to_close ON pro.visits (study_id, closes_at) WHERE superseded_at IS NULL;

CREATE TABLE pro.assessments (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    instrument text NOT NULL,
    target text NOT NULL CHECK (target IN ('left_knee', 'right_knee', 'person')),
    submitted_at timestamptz,
    declined_at timestamptz,
    partial_scored_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, visit_id, instrument, target),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
CREATE INDEX assessments_of_participant ON pro.assessments (study_id, participant_id);

-- One sitting. Which release, instrument and wording the participant saw stays with it.
CREATE TABLE pro.attempts (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    mode text NOT NULL CHECK (mode IN ('web', 'text', 'voice', 'telephone', 'paper', 'tablet')),
    respondent text NOT NULL CHECK (respondent IN ('self', 'self_with_reader', 'proxy')),
    respondent_relation text,
    authentication text NOT NULL CHECK (authentication IN
        ('link', 'link_and_factor', 'known_number', 'staff')),
    language text NOT NULL CHECK (language IN ('en', 'zh_CN')),
    device_class text,
    release text NOT NULL,
    instrument_sha256 text NOT NULL,
    wording_sha256 text NOT NULL,
    started_at timestamptz NOT NULL,
    submitted_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, assessment_id, ordinal),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, assessment_id) REFERENCES pro.assessments (study_id, id)
);

-- Insert-only. A value within its item's range, or one kind of gap; a correction names what it replaces.
CREATE TABLE pro.responses (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    item text NOT NULL,
    value integer,
    gap text CHECK (gap IN ('skipped', 'not_applicable', 'not_reached', 'refused', 'unreadable')),
    lowest integer NOT NULL,
    highest integer NOT NULL,
    raw_sealed bytea,
    raw_key text,
    answered_at timestamptz NOT NULL,
    answered_offset_minutes integer,
    received_at timestamptz NOT NULL,
    entered_at timestamptz,
    entered_by text,
    replaces uuid,
    inbound_id uuid,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, assessment_id) REFERENCES pro.assessments (study_id, id),
    FOREIGN KEY (study_id, attempt_id) REFERENCES pro.attempts (study_id, id),
    FOREIGN KEY (study_id, replaces) REFERENCES pro.responses (study_id, id),
    CHECK ((value IS NULL) <> (gap IS NULL)),
    CHECK (value BETWEEN lowest AND highest),
    CHECK ((raw_sealed IS NULL) = (raw_key IS NULL))
);
CREATE INDEX responses_of_attempt ON pro.responses (study_id, attempt_id, item, id);

-- Points at the response that stands for an item of the present attempt; nothing clinical of its own.
CREATE TABLE pro.current_responses (
    study_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    item text NOT NULL,
    attempt_id uuid NOT NULL,
    response_id uuid NOT NULL,
    PRIMARY KEY (study_id, assessment_id, item),
    FOREIGN KEY (study_id, response_id) REFERENCES pro.responses (study_id, id)
);

-- Insert-only. A corrected answer gives a further revision of its scores; the highest one stands.
CREATE TABLE pro.scores (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    basis text NOT NULL CHECK (basis IN ('complete', 'partial')),
    scale text NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    scoring_version text NOT NULL,
    raw numeric(24, 12),
    normalised numeric(24, 12),
    lowest integer NOT NULL,
    highest integer NOT NULL,
    answered integer NOT NULL CHECK (answered >= 0),
    substituted integer NOT NULL CHECK (substituted >= 0),
    absent_reason text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, attempt_id, scale, basis, scoring_version, revision),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, assessment_id) REFERENCES pro.assessments (study_id, id),
    FOREIGN KEY (study_id, attempt_id) REFERENCES pro.attempts (study_id, id),
    CHECK (raw BETWEEN lowest AND highest),
    CHECK ((raw IS NULL) = (absent_reason IS NOT NULL))
);
CREATE INDEX scores_of_assessment ON pro.scores (study_id, assessment_id);

-- Data queries: something stored looks odd and somebody should ask.
CREATE TABLE pro.data_queries (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    rule text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, assessment_id, rule),
    FOREIGN KEY (study_id, assessment_id) REFERENCES pro.assessments (study_id, id)
);

-- A link: the token is never stored, only its hash.
CREATE TABLE pro.invitations (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE,
    link_key text NOT NULL,
    expires_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, visit_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);

-- Idempotency keys of web writes: the same key again changes nothing.
CREATE TABLE pro.web_writes (
    study_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    participant_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    PRIMARY KEY (study_id, idempotency_key)
);
