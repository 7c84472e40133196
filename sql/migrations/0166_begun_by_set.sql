-- Visits begun and not sent are told apart and counted where they are kept (0099), and only the first of each kind are
-- read: the numbers above the lists are right however many there are. One about which somebody is to be called stands
-- among the calls, and not here too.

-- Open visits at which something was answered and not sent: all that was asked is answered ('unsent') or something is
-- not ('to_complete'). Of those who are `stale` the record is asked; which of the two it is remains to be told (NULL).
CREATE FUNCTION pro.visits_begun(study uuid, stale uuid[], at timestamptz)
    RETURNS TABLE (participant_id uuid, visit_id uuid, closes_at timestamptz, kind text)
    LANGUAGE sql STABLE AS $$
    -- started or unsent, and once it has closed partial or unsent; what is provisional begins when it closes
    SELECT k.participant_id, k.visit_id, k.closes_at,
           CASE WHEN k.signs_within & 96 <> 0 THEN 'to_complete' ELSE 'unsent' END
    FROM pro.visit_outlooks AS k
    JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = k.participant_id
                                      AND o.status IS NOT NULL
    WHERE k.study_id = study AND NOT k.settled AND k.signs_within & 192 <> 0 AND k.signs_after & 640 <> 0
      AND k.begins_at <= at AND k.closes_at > at AND k.begins_at < k.closes_at
      AND NOT EXISTS (SELECT FROM unnest(stale) AS x (id) WHERE x.id = k.participant_id)
    UNION ALL
    SELECT v.participant_id, v.id, coalesce(v.closes_at, 'infinity'), NULL
    FROM pro.attempts AS t
    JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id
                             AND a.submitted_at IS NULL AND a.declined_at IS NULL
    JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id AND v.superseded_at IS NULL AND NOT v.provisional
                        AND v.opens_at <= at AND (v.closes_at IS NULL OR v.closes_at > at)
    WHERE t.study_id = study AND t.participant_id = ANY (stale) AND t.submitted_at IS NULL
    GROUP BY v.participant_id, v.id, v.closes_at
$$;

-- What is still owed at a visit and how far each of it has come, where anything of it is answered: never what.
CREATE FUNCTION pro.owed_at_visit(study uuid, visit uuid, closing timestamptz)
    RETURNS TABLE (owed jsonb, last_answer_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('instrument', a.instrument, 'target', a.target,
               'answered', coalesce(u.answered, 0), 'settled', coalesce(u.settled, 0)) ORDER BY a.id),
           max(u.last_answer_at)
    FROM pro.assessments AS a
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = study AND c.assessment_id = a.id AND c.closes_at = closing
    LEFT JOIN LATERAL pro.held_unsent(study, a.id, c.attempt_id) AS u ON true
    WHERE a.study_id = study AND a.visit_id = visit AND a.submitted_at IS NULL AND a.declined_at IS NULL
    HAVING max(u.answered) > 0
$$;

-- As before (0147), the first `most` of each kind with how many there are, and of those who are not kept as they are
-- now the first 500, whose kind is to be told from what is owed.
DROP FUNCTION pro.desk_begun(uuid, integer);
CREATE FUNCTION pro.desk_begun(study uuid, most integer)
    RETURNS TABLE (code text, protocol_version_id uuid, site_id uuid, zone text, visit_id uuid, definition text,
                   occurrence integer, provisional boolean, opens_at timestamptz, closes_at timestamptz,
                   owed jsonb, last_answer_at timestamptz, statuses json, died_at timestamptz, now timestamptz,
                   kind text, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    stale record;
BEGIN
    SELECT * INTO stale FROM pro.desk_stale(study, sites, NULL, at, 2147483647);
    RETURN QUERY
    WITH placed AS MATERIALIZED (
        SELECT b.visit_id, b.kind, b.closes_at, p.id, p.code, p.protocol_version_id, p.zone, ps.site_id,
               count(b.kind) OVER (PARTITION BY b.kind) AS total,
               row_number() OVER (PARTITION BY b.kind ORDER BY b.closes_at, p.code) AS place
        FROM pro.visits_begun(study, stale.who, at) AS b
        JOIN pro.participants AS p ON p.study_id = study AND p.id = b.participant_id
        JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = p.id AND ps.valid_to IS NULL
                                        AND ps.site_id = ANY (sites)
        WHERE NOT EXISTS (SELECT FROM pro.call_tasks AS c
                          WHERE c.study_id = study AND c.participant_id = p.id AND c.visit_id = b.visit_id
                            AND c.closed_at IS NULL
                            AND (c.wanted_from IS NULL OR c.wanted_from <= at))
    )
    SELECT b.code, b.protocol_version_id, b.site_id, b.zone, v.id, v.definition, v.occurrence, v.provisional,
           v.opens_at, v.closes_at, w.owed, w.last_answer_at,
           (SELECT coalesce(json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at)
                                     ORDER BY x.id), '[]')
            FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = b.id),
           (SELECT e.occurred_at FROM pro.latest_events(study, b.id) AS e WHERE e.kind = 'death' LIMIT 1), at,
           b.kind, b.total
    FROM placed AS b
    -- Looked up one by one: the planner takes all visits to come for few.
    CROSS JOIN LATERAL (SELECT x.* FROM pro.visits AS x WHERE x.study_id = study AND x.id = b.visit_id LIMIT 1) AS v
    CROSS JOIN LATERAL pro.owed_at_visit(study, v.id, v.closes_at) AS w
    WHERE b.place <= CASE WHEN b.kind IS NULL THEN 500 ELSE most END
    ORDER BY b.closes_at, b.code;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_begun(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_begun(uuid, integer) TO pro_desk;
