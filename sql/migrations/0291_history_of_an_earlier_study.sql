-- What participants answered in an earlier study, brought in by a file: sittings of their own, beside the visits of this
-- one. Nobody is asked, reminded, alarmed or counted by them. Each is its revisions, of which the last stands.
CREATE TABLE pro.history_imports (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    file_name text NOT NULL CHECK (file_name <> ''),
    file_sha256 text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    row_count integer NOT NULL CHECK (row_count >= 0),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id)
);
SELECT pro.audit_table('history_imports', updatable => false, columns => ARRAY['study_id', 'id', 'file_name',
    'file_sha256', 'row_count', 'reason', 'recorded_at', 'actor']);

CREATE TABLE pro.history_sittings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    thing_id uuid NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    number integer NOT NULL CHECK (number >= 1),
    participant_id uuid NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    instrument_sha256 text NOT NULL,
    target text NOT NULL CHECK (target IN ('left_knee', 'right_knee', 'person')),
    answered_on date NOT NULL,
    respondent text NOT NULL CHECK (respondent IN ('self', 'self_with_reader', 'proxy')),
    respondent_relation text,
    answers jsonb NOT NULL CHECK (jsonb_typeof(answers) = 'object'),
    import_id uuid NOT NULL,
    source_row integer NOT NULL CHECK (source_row >= 1),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, thing_id, revision),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, import_id) REFERENCES pro.history_imports (study_id, id)
);
COMMENT ON COLUMN pro.history_sittings.thing_id IS 'The sitting, of all its revisions: the id of the first.';
COMMENT ON COLUMN pro.history_sittings.number IS 'Which of the participant''s, in the order they came in; kept by its revisions.';
COMMENT ON COLUMN pro.history_sittings.answers IS 'Values by item; an item without an answer is not in it.';
CREATE INDEX history_of_participant ON pro.history_sittings (study_id, participant_id);
SELECT pro.audit_table('history_sittings', updatable => false, columns => ARRAY['study_id', 'id', 'thing_id', 'revision',
    'number', 'participant_id', 'instrument', 'instrument_version', 'instrument_sha256', 'target', 'answered_on',
    'respondent', 'respondent_relation', 'answers', 'import_id', 'source_row', 'recorded_at', 'actor']);

CREATE TABLE pro.history_scores (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    sitting_id uuid NOT NULL,
    scale text NOT NULL,
    scoring_version text NOT NULL,
    raw numeric,
    normalised numeric,
    lowest integer NOT NULL,
    highest integer NOT NULL,
    answered integer NOT NULL,
    substituted integer NOT NULL,
    absent_reason text,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, sitting_id, scale),
    FOREIGN KEY (study_id, sitting_id) REFERENCES pro.history_sittings (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    CHECK ((raw IS NULL) = (absent_reason IS NOT NULL))
);
SELECT pro.audit_table('history_scores', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'sitting_id', 'scale', 'scoring_version', 'raw', 'normalised', 'lowest', 'highest', 'answered', 'substituted',
    'absent_reason', 'recorded_at', 'actor']);

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['history_imports', 'history_sittings', 'history_scores'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('GRANT SELECT, INSERT ON pro.%I TO pro_operator', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_desk', guarded);
    END LOOP;
    -- Answers and scores are a permission of their own at the desk (R6).
    FOREACH guarded IN ARRAY ARRAY['history_sittings', 'history_scores'] LOOP
        EXECUTE format('CREATE POLICY desk ON pro.%I FOR SELECT TO pro_desk USING ('
                       'pro.desk_may_see(study_id, participant_id, recorded_at) '
                       'AND pro.desk_may_read_scores(study_id, participant_id, recorded_at))', guarded);
    END LOOP;
END
$$;
CREATE POLICY desk ON pro.history_imports FOR SELECT TO pro_desk USING (EXISTS (
    SELECT FROM pro.sites AS y WHERE y.study_id = history_imports.study_id AND y.id = ANY (pro.visible_site_ids())));

-- The sittings that stood at an instant, of one participant: of each the highest revision recorded by then. The one
-- place that says so.
CREATE FUNCTION pro.standing_history(study uuid, participant uuid, as_of timestamptz)
    RETURNS SETOF pro.history_sittings
    LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (h.thing_id) h.* FROM pro.history_sittings AS h
    WHERE h.study_id = study AND h.participant_id = participant AND h.recorded_at <= as_of
    ORDER BY h.thing_id, h.revision DESC
$$;
