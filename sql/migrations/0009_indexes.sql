-- Indexes found wanting on a large study (tests/integration/test_query_plans.py), two that no query
-- could use replaced, and audit triggers that do the same work in far less time. The periodic rounds
-- look across studies, so their indexes do not begin with one.

-- What is read about one participant at every decision.
CREATE INDEX reminders_of_participant ON pro.reminders (study_id, participant_id);
CREATE INDEX alerts_of_participant ON pro.alerts (study_id, participant_id);
CREATE INDEX calls_of_participant ON pro.call_tasks (study_id, participant_id);
CREATE INDEX invitations_of_participant ON pro.invitations (study_id, participant_id);
CREATE INDEX lines_of_number ON pro.lines (study_id, their_index);

-- Nudges due, whichever study's.
DROP INDEX pro.reminders_due;
CREATE INDEX reminders_due ON pro.reminders (due_at) WHERE ended_at IS NULL;

-- A receipt names a message by our id or by the provider's; which study's it is follows from it.
CREATE INDEX messages_by_id ON pro.messages (id);
DROP INDEX pro.messages_by_provider_id;
CREATE INDEX messages_by_provider_id ON pro.messages (provider, provider_id);

-- How often a number nobody enrolled has been answered today.
CREATE INDEX replies_of_line ON pro.messages (study_id, line_id, recorded_at) WHERE kind = 'reply';

-- Visits open at an instant, what is owed at a visit, and sittings begun and not submitted.
CREATE INDEX visits_open ON pro.visits USING gist (tstzrange(opens_at, closes_at))
    WHERE superseded_at IS NULL AND NOT provisional;
CREATE INDEX assessments_owed ON pro.assessments (study_id, visit_id)
    WHERE submitted_at IS NULL AND declined_at IS NULL;
CREATE INDEX attempts_unfinished ON pro.attempts (study_id, participant_id, assessment_id)
    WHERE submitted_at IS NULL;

-- The two audit triggers write what they wrote before, in far less time: a row becomes jsonb once
-- (OFFSET 0 keeps the planner from writing to_jsonb wherever the document is named), and a statement
-- that touched no row is left at once.

CREATE OR REPLACE FUNCTION pro.audit_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    INSERT INTO pro.audit_entries
        (study_id, table_name, operation, row_count, row_ids, digest, actor, mode, reason)
    SELECT (min(r.doc ->> 'study_id'))::uuid, TG_TABLE_NAME, 'INSERT', count(*),
           jsonb_agg(r.doc -> 'id' ORDER BY r.doc ->> 'id'),
           sha256(convert_to(string_agg(r.doc::text, E'\n' ORDER BY r.doc ->> 'id'), 'UTF8')),
           coalesce(min(r.doc ->> 'actor'), pro.audit_actor(false)), min(r.doc ->> 'mode'),
           coalesce(min(r.doc ->> 'reason'), nullif(current_setting('pro.reason', true), ''))
    FROM (SELECT to_jsonb(n) AS doc FROM new_rows AS n OFFSET 0) AS r;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION pro.audit_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
    needs_reason boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    needs_reason := coalesce(
        (SELECT reason_on_update FROM pro.audit_rules WHERE table_name = TG_TABLE_NAME), false);
    INSERT INTO pro.audit_entries
        (study_id, table_name, operation, row_count, row_ids, digest, changes, actor, reason)
    SELECT (min(c.study_id))::uuid, TG_TABLE_NAME, 'UPDATE', count(*),
           jsonb_agg(c.id ORDER BY c.id),
           sha256(convert_to(string_agg(c.after::text, E'\n' ORDER BY c.id), 'UTF8')),
           jsonb_object_agg(c.id, jsonb_build_object('old', c.old_values, 'new', c.new_values)),
           pro.audit_actor(needs_reason), nullif(current_setting('pro.reason', true), '')
    FROM (
        SELECT n.id, n.doc ->> 'study_id' AS study_id, n.doc AS after,
               (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(o.doc) AS e
                WHERE e.value IS DISTINCT FROM n.doc -> e.key) AS old_values,
               (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(n.doc) AS e
                WHERE e.value IS DISTINCT FROM o.doc -> e.key) AS new_values
        FROM (SELECT x.doc, x.doc ->> 'id' AS id
              FROM (SELECT to_jsonb(y) AS doc FROM new_rows AS y OFFSET 0) AS x OFFSET 0) AS n
        JOIN (SELECT x.doc, x.doc ->> 'id' AS id
              FROM (SELECT to_jsonb(y) AS doc FROM old_rows AS y OFFSET 0) AS x OFFSET 0) AS o
            ON o.id = n.id
        OFFSET 0
    ) AS c
    WHERE c.new_values IS NOT NULL
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
