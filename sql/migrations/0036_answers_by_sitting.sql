-- What stands answered is kept for every sitting by itself. `current_responses` had one row for an item of
-- an assessment and moved on to the newest sitting, so that a poorer later one displaced a fuller.

-- Nobody answers between the copy and the trigger below.
LOCK TABLE pro.responses, pro.current_responses IN ACCESS EXCLUSIVE MODE;

-- A sitting points at answers of its own alone, to that very item: the foreign key below says so.
ALTER TABLE pro.responses ADD CONSTRAINT responses_of_sitting UNIQUE (study_id, attempt_id, item, id);
DROP INDEX pro.responses_of_attempt;

-- Points at the response that stands for an item in a sitting; nothing clinical of its own.
CREATE TABLE pro.sitting_responses (
    study_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    item text NOT NULL,
    response_id uuid NOT NULL,
    PRIMARY KEY (study_id, attempt_id, item)
);

-- Of the newest sitting what was pointed at; of those before it the last word on each item, as exports
-- have had it. An overtaken answer never stood.
INSERT INTO pro.sitting_responses (study_id, attempt_id, item, response_id)
SELECT DISTINCT ON (r.study_id, r.attempt_id, r.item) r.study_id, r.attempt_id, r.item, r.id
FROM pro.responses AS r
LEFT JOIN pro.current_responses AS c ON c.study_id = r.study_id AND c.response_id = r.id
WHERE r.reason IS DISTINCT FROM 'overtaken'
ORDER BY r.study_id, r.attempt_id, r.item, (c.response_id IS NOT NULL) DESC, r.id DESC;

ALTER TABLE pro.sitting_responses ADD CONSTRAINT own_response
    FOREIGN KEY (study_id, attempt_id, item, response_id)
    REFERENCES pro.responses (study_id, attempt_id, item, id);

ALTER TABLE pro.sitting_responses ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.sitting_responses FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.sitting_responses TO pro_owner, pro_participant, pro_provider, pro_worker,
    pro_operator USING (true) WITH CHECK (true);
CREATE POLICY clerk_reads ON pro.sitting_responses FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk ON pro.sitting_responses TO pro_desk USING (EXISTS (
    SELECT FROM pro.responses AS r WHERE r.study_id = sitting_responses.study_id
                                     AND r.id = sitting_responses.response_id));
GRANT SELECT ON pro.sitting_responses
    TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT INSERT, UPDATE (response_id) ON pro.sitting_responses TO pro_participant, pro_provider;

-- A release before this one may still be answering while replicas are replaced. It writes to the old
-- table: what it writes goes on to the sitting and is kept nowhere else, so there is one truth. What
-- it decides from it reads through the two functions below. A later migration drops the table.
CREATE FUNCTION pro.keep_in_sitting() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.sitting_responses (study_id, attempt_id, item, response_id)
    VALUES (NEW.study_id, NEW.attempt_id, NEW.item, NEW.response_id)
    ON CONFLICT (study_id, attempt_id, item) DO UPDATE SET response_id = excluded.response_id;
    RETURN NULL;
END
$$;
TRUNCATE pro.current_responses;
CREATE TRIGGER kept_in_sitting BEFORE INSERT ON pro.current_responses
    FOR EACH ROW EXECUTE FUNCTION pro.keep_in_sitting();

-- The open sitting at an assessment, to which what comes next belongs: the last one; once the assessment
-- was sent in, the last that was sent. Its last answer tells how long it has rested.
CREATE OR REPLACE FUNCTION pro.last_sitting(study uuid, assessment uuid)
    RETURNS TABLE (id uuid, ordinal integer, mode text, respondent text, respondent_relation text,
                   started_at timestamptz, submitted_at timestamptz, last_answer_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT t.id, t.ordinal, t.mode, t.respondent, t.respondent_relation, t.started_at, t.submitted_at,
           CASE WHEN t.submitted_at IS NULL THEN
               (SELECT max(r.received_at) FROM pro.responses AS r
                WHERE r.study_id = t.study_id AND r.attempt_id = t.id)
           ELSE t.submitted_at END
    FROM pro.attempts AS t
    WHERE t.study_id = study AND t.assessment_id = assessment
    ORDER BY t.submitted_at IS NULL, t.ordinal DESC LIMIT 1
$$;

-- What stands answered in a sitting.
CREATE FUNCTION pro.sitting_answers(study uuid, sitting uuid)
    RETURNS TABLE (item text, value integer, gap text, response_id uuid, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT c.item, r.value, r.gap, r.id, r.received_at
    FROM pro.sitting_responses AS c
    JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
    WHERE c.study_id = study AND c.attempt_id = sitting
$$;

-- The same as one document, values by item and gaps as null, and when the last was given, as claimed.
CREATE FUNCTION pro.sitting_held(study uuid, sitting uuid)
    RETURNS TABLE (answers jsonb, last_answer_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_object_agg(c.item, r.value), '{}'), max(r.answered_at)
    FROM pro.sitting_responses AS c
    JOIN pro.responses AS r ON r.study_id = c.study_id AND r.id = c.response_id
    WHERE c.study_id = study AND c.attempt_id = sitting
$$;

-- What the release before reads of the open sitting; dropped with the old table.
CREATE OR REPLACE FUNCTION pro.standing_answers(study uuid, assessment uuid)
    RETURNS TABLE (item text, value integer, gap text, response_id uuid, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT r.item, r.value, r.gap, r.response_id, r.received_at
    FROM pro.last_sitting(study, assessment) AS t
    CROSS JOIN LATERAL pro.sitting_answers(study, t.id) AS r
$$;
