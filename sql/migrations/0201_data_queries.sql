-- Data queries have a life: raised by a rule or a person about a sitting, a visit or a participant; answered, closed,
-- opened again. What people write is a note, sealed; a query is its steps, of which the last says where it stands.
ALTER TABLE pro.data_queries
    ALTER COLUMN assessment_id DROP NOT NULL,
    ALTER COLUMN rule DROP NOT NULL,
    ADD COLUMN visit_id uuid,
    ADD COLUMN item text,
    ADD COLUMN said text CHECK (said IS NULL OR pro.note_of(said) IS NOT NULL),
    ADD FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id),
    ADD CONSTRAINT raised_by_a_rule_or_in_words CHECK ((rule IS NULL) = (said IS NOT NULL)),
    ADD CONSTRAINT an_item_is_of_a_sitting CHECK (item IS NULL OR assessment_id IS NOT NULL);
COMMENT ON COLUMN pro.data_queries.rule IS 'The rule that raised it, once for a questionnaire due. Empty: a person did, in words.';
CREATE INDEX data_queries_of_participant ON pro.data_queries (study_id, participant_id);

CREATE OR REPLACE FUNCTION pro.data_query_rows(study uuid, participant uuid, list jsonb)
    RETURNS SETOF pro.data_queries
    LANGUAGE sql STABLE AS $$
    SELECT study, q.id, participant, q.assessment_id, q.rule, pro.now(), q.actor, NULL::uuid, NULL::text, NULL::text
    FROM jsonb_to_recordset(list) AS q (id uuid, assessment_id uuid, rule text, actor text)
$$;

SELECT pro.list_audited('data_queries', ARRAY['study_id', 'id', 'participant_id', 'assessment_id', 'rule',
    'recorded_at', 'actor', 'visit_id', 'item', 'said']);

CREATE TABLE pro.data_query_steps (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    query_id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('answered', 'closed', 'reopened')),
    said text NOT NULL CHECK (pro.note_of(said) IS NOT NULL),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, query_id) REFERENCES pro.data_queries (study_id, id)
);
CREATE INDEX steps_of_data_query ON pro.data_query_steps (study_id, query_id, id);
SELECT pro.audit_table('data_query_steps', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'query_id', 'step', 'said', 'recorded_at', 'actor']);

-- A monitor's mark that a visit was compared with its source: of exactly what stood then.
CREATE TABLE pro.source_marks (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
CREATE INDEX marks_of_participant ON pro.source_marks (study_id, participant_id, visit_id, id);
SELECT pro.audit_table('source_marks', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'visit_id', 'content_sha256', 'recorded_at', 'actor']);

-- What a mark is of: the visit's dates, its sittings and every answer in them. Answers are never changed, so their
-- ids say all of them; a correction adds one.
CREATE FUNCTION pro.source_content(study uuid, visit uuid) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
    SELECT sha256(convert_to(jsonb_build_array(v.opens_at, v.target_on, v.closes_at, v.attended_on, v.superseded_at,
        (SELECT jsonb_agg(jsonb_build_array(a.id, a.submitted_at, a.declined_at) ORDER BY a.id)
         FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = visit),
        (SELECT jsonb_agg(jsonb_build_array(t.id, t.submitted_at, t.original) ORDER BY t.id)
         FROM pro.assessments AS a
         JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = a.id
         WHERE a.study_id = study AND a.visit_id = visit),
        (SELECT jsonb_agg(r.id ORDER BY r.id)
         FROM pro.assessments AS a
         JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = a.id
         JOIN pro.responses AS r ON r.study_id = study AND r.attempt_id = t.id
         WHERE a.study_id = study AND a.visit_id = visit))::text, 'UTF8'))
    FROM pro.visits AS v WHERE v.study_id = study AND v.id = visit
$$;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['data_query_steps', 'source_marks'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)',
                       guarded);
        EXECUTE format('CREATE POLICY clerk_reads ON pro.%I FOR SELECT TO pro_clerk USING (true)', guarded);
        EXECUTE format('CREATE POLICY desk ON pro.%I FOR SELECT TO pro_desk '
            'USING (pro.desk_may_see(study_id, participant_id, recorded_at))', guarded);
        EXECUTE format('CREATE POLICY desk_may_make ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (pro.desk_may_write(study_id, participant_id))', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_operator, pro_desk, pro_clerk', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_operator, pro_clerk', guarded);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION pro.source_content(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.source_content(uuid, uuid) TO pro_operator, pro_clerk, pro_desk;

-- Rules that look at what was answered tell of it: such a query is seen by who may see answers (rule R6).
CREATE FUNCTION pro.query_tells_answers(rule text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(rule <> 'answered_fast', false)
$$;
CREATE POLICY blinding ON pro.data_queries AS RESTRICTIVE FOR SELECT TO pro_desk
    USING (NOT pro.query_tells_answers(rule) OR pro.desk_may_read_scores(study_id, participant_id, recorded_at));

-- Queries with where they stand: open (nobody has answered since it was raised or opened again), answered, closed.
CREATE VIEW pro.data_queries_standing WITH (security_invoker = true) AS
SELECT q.study_id, q.id, q.participant_id, q.assessment_id, q.visit_id, q.item, q.rule, q.said, q.recorded_at, q.actor,
       CASE s.step WHEN 'answered' THEN 'answered' WHEN 'closed' THEN 'closed' ELSE 'open' END AS state,
       s.said AS last_said, s.recorded_at AS last_at, s.actor AS last_by
FROM pro.data_queries AS q
LEFT JOIN LATERAL (
    SELECT t.step, t.said, t.recorded_at, t.actor FROM pro.data_query_steps AS t
    WHERE t.study_id = q.study_id AND t.query_id = q.id ORDER BY t.id DESC LIMIT 1) AS s ON true;
GRANT SELECT ON pro.data_queries_standing TO pro_operator, pro_desk, pro_clerk;

-- The first queries of a state that are seen from the desk, the oldest first, with how many there are.
CREATE FUNCTION pro.desk_first_queries(study uuid, wanted text, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 50 AS $$
    SELECT a.id, row_number() OVER (ORDER BY a.id), a.total
    FROM (SELECT q.id, count(*) OVER () AS total
          FROM pro.data_queries_standing AS q
          CROSS JOIN LATERAL pro.desk_sees(study, q.participant_id, q.recorded_at, pro.visible_site_ids())
          WHERE q.study_id = study AND q.state = wanted
            AND (NOT pro.query_tells_answers(q.rule)
                 OR pro.desk_may_read_scores(study, q.participant_id, q.recorded_at))
          ORDER BY q.id LIMIT most) AS a
$$;
REVOKE ALL ON FUNCTION pro.desk_first_queries(uuid, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_first_queries(uuid, text, integer) TO pro_desk;
