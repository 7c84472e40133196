-- Two more rules raise data queries, when a visit is settled: a score that moved further since the visit before than the
-- protocol thinks possible, and paper the protocol wants typed twice that is not verified by then.

-- Whether a sitting of paper was typed a second time, and every difference is settled.
CREATE FUNCTION pro.is_paper_verified(study uuid, attempt uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pro.second_entries AS e WHERE e.study_id = study AND e.attempt_id = attempt)
       AND NOT EXISTS (
           SELECT FROM pro.second_answers AS s
           JOIN pro.second_entries AS e ON e.study_id = s.study_id AND e.id = s.second_entry_id
           WHERE s.study_id = study AND e.attempt_id = attempt AND s.differs
             AND NOT EXISTS (SELECT FROM pro.entry_settlements AS x
                             WHERE x.study_id = study AND x.second_answer_id = s.id))
$$;
REVOKE ALL ON FUNCTION pro.is_paper_verified(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.is_paper_verified(uuid, uuid) TO pro_worker;
GRANT SELECT, INSERT ON pro.data_queries TO pro_worker;

-- What was typed once tells nothing of an answer.
CREATE OR REPLACE FUNCTION pro.query_tells_answers(rule text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(rule NOT IN ('answered_fast', 'paper_not_verified'), false)
$$;
