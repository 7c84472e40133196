-- A tablet handed over for one sitting (rule R12): by whom, where, for which questions, and what became of it. The code
-- that opens it works once, within a minute of machine time. Both tables are insert-only.
CREATE TABLE pro.tablet_handovers (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    -- Where it is handed over.
    site_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    assessment_ids uuid[] NOT NULL CHECK (cardinality(assessment_ids) > 0),
    -- The code itself is derived from the row's id under a link key, and never stored.
    code_sha256 bytea NOT NULL CHECK (length(code_sha256) = 32),
    link_key text NOT NULL,
    idle_minutes smallint NOT NULL CHECK (idle_minutes BETWEEN 1 AND 10),
    -- Machine time: the code is valid from here.
    handed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, participant_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
-- The code is typed at one fixed address for all studies.
CREATE INDEX handovers_by_code ON pro.tablet_handovers (code_sha256, handed_at);

-- What became of it, each once: a browser opened it, somebody confirmed who they are (with the year of birth, where
-- one is known); and how it ended, which is one thing. `tablet` is the name the browser was given.
CREATE TABLE pro.tablet_steps (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    handover_id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('opened', 'confirmed', 'confirmed_by_year', 'sent', 'given_back', 'idle',
        'taken_back', 'replaced')),
    tablet text CHECK (length(tablet) <= 24),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, handover_id, step),
    FOREIGN KEY (study_id, participant_id, handover_id)
        REFERENCES pro.tablet_handovers (study_id, participant_id, id),
    CHECK ((step = 'opened') = (tablet IS NOT NULL))
);
CREATE UNIQUE INDEX one_end_a_handover ON pro.tablet_steps (study_id, handover_id)
    WHERE step NOT IN ('opened', 'confirmed', 'confirmed_by_year');

SELECT pro.audit_table('tablet_handovers', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'site_id', 'visit_id', 'assessment_ids', 'code_sha256', 'link_key', 'idle_minutes', 'handed_at', 'recorded_at',
    'actor']);
SELECT pro.audit_table('tablet_steps', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'handover_id', 'step', 'tablet', 'recorded_at', 'actor']);

-- The browser that opened it: the random id lives in its cookie only, here is the SHA-256. Untouched it ends at
-- `idle_at`. Machine time; no part of the record.
CREATE TABLE pro.tablet_sessions (
    id_sha256 bytea PRIMARY KEY CHECK (length(id_sha256) = 32),
    study_id uuid NOT NULL,
    handover_id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    idle_at timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (study_id, handover_id),
    FOREIGN KEY (study_id, handover_id) REFERENCES pro.tablet_handovers (study_id, id)
);
CREATE INDEX tablets_lying_idle ON pro.tablet_sessions (idle_at) WHERE ended_at IS NULL;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['tablet_handovers', 'tablet_steps', 'tablet_sessions'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_participant, pro_worker, pro_operator '
            'USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_participant, pro_worker, pro_operator', guarded);
    END LOOP;
    FOREACH guarded IN ARRAY ARRAY['tablet_handovers', 'tablet_steps'] LOOP
        EXECUTE format('CREATE POLICY desk ON pro.%I FOR SELECT TO pro_desk '
            'USING (pro.desk_may_see(study_id, participant_id, recorded_at))', guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_desk, pro_clerk', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_clerk', guarded);
    END LOOP;
END
$$;
GRANT INSERT ON pro.tablet_steps TO pro_participant, pro_worker;
GRANT INSERT, UPDATE (idle_at, ended_at) ON pro.tablet_sessions TO pro_participant;
GRANT UPDATE (ended_at) ON pro.tablet_sessions TO pro_worker;

-- A sitting on a tablet names the hand-over it belongs to, and how whoever answered was known: handed over by staff,
-- with or without a second factor given.
ALTER TABLE pro.attempts ADD COLUMN handover_id uuid,
    ADD FOREIGN KEY (study_id, participant_id, handover_id)
        REFERENCES pro.tablet_handovers (study_id, participant_id, id),
    ADD CONSTRAINT tablet_by_handover CHECK (handover_id IS NULL OR mode = 'tablet');
COMMENT ON COLUMN pro.attempts.handover_id IS 'The hand-over of the tablet it was answered on. Empty: on none.';
CREATE INDEX attempts_by_handover ON pro.attempts (study_id, handover_id) WHERE handover_id IS NOT NULL;
ALTER TABLE pro.attempts DROP CONSTRAINT attempts_authentication_check,
    ADD CONSTRAINT attempts_authentication_check CHECK (authentication IN ('link', 'link_and_factor', 'card',
        'card_and_factor', 'known_number', 'staff', 'handover', 'handover_and_factor'));
SELECT pro.list_audited('attempts', (
    SELECT l.columns || ARRAY['handover_id'] FROM pro.audit_lists AS l
    WHERE l.table_name = 'attempts' ORDER BY l.version DESC LIMIT 1));
