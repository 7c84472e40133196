-- How often a call was tried and nobody was there. A call about a visit is the same call whenever it is made anew: the
-- safety floor makes one each morning until somebody was reached, and whoever rings must know that others rang before.
CREATE FUNCTION pro.call_tries(study uuid, participant uuid, asked_for text, visit uuid, made_at timestamptz)
    RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM pro.call_tasks AS t
    WHERE t.study_id = study AND t.participant_id = participant AND t.reason = asked_for
      AND t.visit_id IS NOT DISTINCT FROM visit AND (visit IS NOT NULL OR t.created_at = made_at)
      AND t.outcome LIKE 'no_answer:%'
$$;
