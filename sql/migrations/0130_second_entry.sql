-- Paper typed a second time, unseen, by another person (rule R11), where the protocol asks for it
-- (instruments.<name>.second_entry). The first entry is the sitting and stays it; the second is evidence: it is in no
-- sitting, is never scored and raises nothing. What the two say differently is settled item by item, for good; a
-- value that is settled otherwise than it was typed first becomes a further response of the sitting. Insert-only.
CREATE TABLE pro.second_entries (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    -- The sitting that was typed in first.
    attempt_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, attempt_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, attempt_id) REFERENCES pro.attempts (study_id, id)
);
CREATE TABLE pro.second_answers (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    second_entry_id uuid NOT NULL,
    item text NOT NULL,
    value integer,
    gap text CHECK (gap IN ('skipped', 'not_applicable', 'unreadable')),
    -- What stood for the item in the sitting when it was typed again, and whether the two differ.
    response_id uuid NOT NULL,
    differs boolean NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, second_entry_id, item),
    FOREIGN KEY (study_id, second_entry_id) REFERENCES pro.second_entries (study_id, id),
    FOREIGN KEY (study_id, response_id) REFERENCES pro.responses (study_id, id),
    CHECK ((value IS NULL) = (gap IS NOT NULL))
);
CREATE INDEX answers_that_differ ON pro.second_answers (study_id, participant_id, id) WHERE differs;
CREATE TABLE pro.entry_settlements (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    second_answer_id uuid NOT NULL,
    -- What the paper says, whichever of the two had it, or neither.
    value integer,
    gap text CHECK (gap IN ('skipped', 'not_applicable', 'unreadable')),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason ~ '^note:'),
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, second_answer_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, second_answer_id) REFERENCES pro.second_answers (study_id, id),
    CHECK ((value IS NULL) = (gap IS NOT NULL))
);
CREATE INDEX papers_sent ON pro.attempts (study_id, participant_id, id)
    WHERE mode = 'paper' AND submitted_at IS NOT NULL;
SELECT pro.audit_table('second_entries', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'attempt_id', 'recorded_at', 'actor']);
SELECT pro.audit_table('second_answers', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'second_entry_id', 'item', 'value', 'gap', 'response_id', 'differs', 'recorded_at', 'actor']);
SELECT pro.audit_table('entry_settlements', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'second_answer_id', 'value', 'gap', 'recorded_at', 'actor', 'reason']);
DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['second_entries', 'second_answers', 'entry_settlements'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true)', guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
    END LOOP;
END
$$;
GRANT SELECT ON pro.second_entries, pro.second_answers, pro.entry_settlements TO pro_operator, pro_clerk;
GRANT INSERT ON pro.second_entries, pro.second_answers, pro.entry_settlements TO pro_clerk;

-- How far a paper that is typed twice has come, as it was known at an instant: 'differs' while something waits to be
-- settled, 'verified' after it; NULL: it was not typed a second time. The one place that says what verified means.
CREATE FUNCTION pro.paper_state(study uuid, sitting uuid, at timestamptz DEFAULT 'infinity') RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (
               SELECT FROM pro.second_answers AS s
               WHERE s.study_id = study AND s.second_entry_id = e.id AND s.differs
                 AND NOT EXISTS (SELECT FROM pro.entry_settlements AS x
                                 WHERE x.study_id = study AND x.second_answer_id = s.id AND x.recorded_at <= at))
           THEN 'differs' ELSE 'verified' END
    FROM pro.second_entries AS e
    WHERE e.study_id = study AND e.attempt_id = sitting AND e.recorded_at <= at
$$;

-- What is to be done about paper that is typed twice, of those now at a site of whoever asks (of one participant,
-- if one is named): paper to type a second time, and paper of which differences wait to be settled. Never a value.
CREATE FUNCTION pro.desk_papers(study uuid, participant uuid, most integer)
    RETURNS TABLE (kind text, attempt_id uuid, code text, protocol_version_id uuid, site_id uuid, definition text,
                   occurrence integer, instrument text, target text, typed_by text, since timestamptz,
                   open bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH twice AS MATERIALIZED (
        SELECT w.id, i.key AS instrument FROM pro.protocol_versions AS w
        CROSS JOIN LATERAL jsonb_each(w.document -> 'instruments') AS i
        WHERE w.study_id = study AND i.value -> 'second_entry' = 'true'
    ),
    here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, ps.site_id
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
          AND (participant IS NULL OR ps.participant_id = participant) AND EXISTS (SELECT FROM twice)
    ),
    found AS (
        SELECT 'to_type' AS kind, t.id, h.code, h.protocol_version_id, h.site_id, t.assessment_id, t.actor,
               coalesce(t.sending_entered_at, t.submitted_at) AS since, 0::bigint AS open
        FROM here AS h
        JOIN pro.attempts AS t ON t.study_id = study AND t.participant_id = h.id
                              AND t.mode = 'paper' AND t.submitted_at IS NOT NULL
        WHERE EXISTS (SELECT FROM twice AS w JOIN pro.assessments AS a ON a.instrument = w.instrument
                      WHERE w.id = h.protocol_version_id AND a.study_id = study AND a.id = t.assessment_id)
          AND NOT EXISTS (SELECT FROM pro.second_entries AS e WHERE e.study_id = study AND e.attempt_id = t.id)
        UNION ALL
        SELECT 'to_settle', t.id, h.code, h.protocol_version_id, h.site_id, t.assessment_id, t.actor,
               min(s.recorded_at), count(*)
        FROM here AS h
        JOIN pro.second_answers AS s ON s.study_id = study AND s.participant_id = h.id AND s.differs
        JOIN pro.second_entries AS e ON e.study_id = study AND e.id = s.second_entry_id
        JOIN pro.attempts AS t ON t.study_id = study AND t.id = e.attempt_id
        WHERE NOT EXISTS (SELECT FROM pro.entry_settlements AS x
                          WHERE x.study_id = study AND x.second_answer_id = s.id)
        GROUP BY t.id, h.code, h.protocol_version_id, h.site_id, t.assessment_id, t.actor
    ),
    ranked AS (
        SELECT f.*, count(*) OVER (PARTITION BY f.kind) AS total,
               row_number() OVER (PARTITION BY f.kind ORDER BY f.since, f.id) AS place
        FROM found AS f
    )
    SELECT r.kind, r.id, r.code, r.protocol_version_id, r.site_id, v.definition, v.occurrence, a.instrument,
           a.target, r.actor, r.since, r.open, r.total
    FROM ranked AS r
    JOIN pro.assessments AS a ON a.study_id = study AND a.id = r.assessment_id
    JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id
    WHERE r.place <= most
    ORDER BY r.kind, r.place
$$;
REVOKE ALL ON FUNCTION pro.desk_papers(uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_papers(uuid, uuid, integer) TO pro_desk;

-- What two entries of a participant's paper say differently, and how it was settled: both values, and the settled
-- one, only for whoever may read answers (R6).
CREATE FUNCTION pro.desk_entry_differences(study uuid, participant uuid)
    RETURNS TABLE (id uuid, attempt_id uuid, assessment_id uuid, item text, first_actor text, second_actor text,
                   recorded_at timestamptz, readable boolean, first_value integer, first_gap text,
                   second_value integer, second_gap text, settled_at timestamptz, settled_by text, reason text,
                   settled_value integer, settled_gap text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, e.attempt_id, t.assessment_id, s.item, t.actor, s.actor, s.recorded_at, b.readable,
           CASE WHEN b.readable THEN r.value END, CASE WHEN b.readable THEN r.gap END,
           CASE WHEN b.readable THEN s.value END, CASE WHEN b.readable THEN s.gap END,
           x.recorded_at, x.actor, x.reason,
           CASE WHEN b.readable THEN x.value END, CASE WHEN b.readable THEN x.gap END
    FROM pro.second_answers AS s
    JOIN pro.second_entries AS e ON e.study_id = s.study_id AND e.id = s.second_entry_id
    JOIN pro.attempts AS t ON t.study_id = e.study_id AND t.id = e.attempt_id
    JOIN pro.responses AS r ON r.study_id = s.study_id AND r.id = s.response_id
    LEFT JOIN pro.entry_settlements AS x ON x.study_id = s.study_id AND x.second_answer_id = s.id
    CROSS JOIN LATERAL (SELECT pro.desk_may_read_scores(study, participant, s.recorded_at) AS readable) AS b
    WHERE s.study_id = study AND s.participant_id = participant AND s.differs
      AND pro.desk_may_see(study, participant, s.recorded_at)
    ORDER BY s.id
$$;
REVOKE ALL ON FUNCTION pro.desk_entry_differences(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_entry_differences(uuid, uuid) TO pro_desk;
