-- Corrections of answers that were sent (rule R13): what was misread, against what was typed; and what somebody
-- meant, at their own dated request. Asked by one person, decided by an investigator who is another. Both are
-- kept for good, refused ones too; the answer itself is corrected by a further response.
CREATE TABLE pro.corrections (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    response_id uuid NOT NULL,
    item text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('misread', 'meant')),
    value integer NOT NULL,
    -- When the participant asked for it, as claimed.
    said_at timestamptz,
    -- What there is from the time asked about, where they asked for it later than they can recall: a note.
    source text CHECK (source ~ '^note:'),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason ~ '^note:'),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, assessment_id) REFERENCES pro.assessments (study_id, id),
    FOREIGN KEY (study_id, response_id) REFERENCES pro.responses (study_id, id),
    CHECK ((kind = 'meant') = (said_at IS NOT NULL))
);
CREATE INDEX corrections_of_participant ON pro.corrections (study_id, participant_id, id);
CREATE TABLE pro.correction_decisions (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    correction_id uuid NOT NULL,
    approved boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason ~ '^note:'),
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, correction_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, correction_id) REFERENCES pro.corrections (study_id, id)
);
SELECT pro.audit_table('corrections', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'assessment_id', 'response_id', 'item', 'kind', 'value', 'said_at', 'source', 'recorded_at', 'actor', 'reason']);
SELECT pro.audit_table('correction_decisions', updatable => false, columns => ARRAY['study_id', 'id',
    'participant_id', 'correction_id', 'approved', 'recorded_at', 'actor', 'reason']);
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['corrections', 'correction_decisions'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true)', guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
GRANT SELECT ON pro.corrections, pro.correction_decisions TO pro_operator, pro_clerk;
GRANT INSERT ON pro.corrections, pro.correction_decisions TO pro_clerk;

-- What was asked for and decided at a participant, as it is seen from the desk: the values and what was typed
-- only by whoever may read answers (R6).
CREATE FUNCTION pro.desk_corrections(study uuid, participant uuid)
    RETURNS TABLE (id uuid, assessment_id uuid, item text, kind text, said_at timestamptz, source text,
                   recorded_at timestamptz, actor text, reason text, approved boolean, decided_at timestamptz,
                   decided_by text, decided_reason text, readable boolean, wished integer, before integer,
                   response_id uuid, raw_sealed bytea, raw_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.id, c.assessment_id, c.item, c.kind, c.said_at, c.source, c.recorded_at, c.actor, c.reason,
           d.approved, d.recorded_at, d.actor, d.reason, s.readable, CASE WHEN s.readable THEN c.value END,
           CASE WHEN s.readable THEN r.value END, r.id, CASE WHEN s.readable THEN r.raw_sealed END,
           CASE WHEN s.readable THEN r.raw_key END
    FROM pro.corrections AS c
    JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
    LEFT JOIN pro.correction_decisions AS d ON d.study_id = c.study_id AND d.correction_id = c.id
    CROSS JOIN LATERAL (SELECT pro.desk_may_read_scores(study, participant, c.recorded_at) AS readable) AS s
    WHERE c.study_id = study AND c.participant_id = participant
      AND pro.desk_may_see(study, participant, c.recorded_at)
    ORDER BY c.id
$$;
REVOKE ALL ON FUNCTION pro.desk_corrections(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_corrections(uuid, uuid) TO pro_desk;
