-- How many tries of a call to which nobody came were taken back as slips: they are none, and count for nothing. Which
-- tasks are one call is told as where tries are counted.
CREATE FUNCTION pro.call_slips(study uuid, participant uuid, asked_for text, visit uuid, made_at timestamptz)
    RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM pro.undone AS u
    JOIN pro.call_tasks AS t ON t.study_id = study AND t.id = u.of_id
    WHERE u.study_id = study AND u.participant_id = participant AND u.kind = 'call_no_answer'
      AND t.participant_id = participant AND t.reason = asked_for
      AND t.visit_id IS NOT DISTINCT FROM visit AND (visit IS NOT NULL OR t.created_at = made_at)
$$;
