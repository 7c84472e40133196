-- At any time a participant can say that something is wrong: a visit with the safety checklist, and a call.
-- No page and no webhook may make visits; this one function does, of this one kind, one open at a time.
-- Whoever calls it has taken the participant's turn in the same transaction.

-- `made` is the visit (id, occurrence, target_on, actor) or NULL, `asked` what it asks, `called` the calls.
-- Returns whether a visit was made.
CREATE FUNCTION pro.open_checklist(study uuid, participant uuid, made jsonb, asked jsonb, called jsonb)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF made IS NOT NULL THEN
        -- Two at once wait for each other here, and the second finds what the first made.
        PERFORM FROM pro.participant_revisions AS r
        WHERE r.study_id = study AND r.participant_id = participant FOR UPDATE;
        IF EXISTS (
            SELECT FROM pro.visits AS v
            JOIN pro.assessments AS a ON a.study_id = v.study_id AND a.visit_id = v.id
            WHERE v.study_id = study AND v.participant_id = participant AND v.definition = 'unwell'
              AND v.superseded_at IS NULL AND a.submitted_at IS NULL AND a.declined_at IS NULL) THEN
            RAISE EXCEPTION 'a checklist is open already' USING ERRCODE = 'unique_violation';
        END IF;
        INSERT INTO pro.visits (study_id, id, participant_id, definition, kind, occurrence, schedule_revision,
            provisional, opens_at, target_on, closes_at, actor)
        SELECT study, v.id, participant, 'unwell', 'unscheduled', v.occurrence, 1, false, pro.now(),
               v.target_on, NULL, v.actor
        FROM jsonb_to_record(made) AS v (id uuid, occurrence integer, target_on date, actor text);
        INSERT INTO pro.assessments (study_id, id, participant_id, visit_id, instrument, target, actor)
        SELECT study, a.id, participant, a.visit_id, a.instrument, a.target, a.actor
        FROM jsonb_to_recordset(asked) AS a (id uuid, visit_id uuid, instrument text, target text, actor text)
        WHERE a.visit_id = (made ->> 'id')::uuid;
    END IF;
    INSERT INTO pro.call_tasks
    SELECT r.* FROM pro.call_task_rows(study, participant, called) AS r
    WHERE r.participant_id = participant AND r.reason = 'unwell'
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING;
    RETURN made IS NOT NULL;
END
$$;
REVOKE ALL ON FUNCTION pro.open_checklist(uuid, uuid, jsonb, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.open_checklist(uuid, uuid, jsonb, jsonb, jsonb) TO pro_participant, pro_provider;
