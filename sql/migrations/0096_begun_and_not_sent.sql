-- What Today shows of sittings begun: answered and not sent, or answered in part, while their window is open.

-- Of the sittings at an assessment that were not sent: how many items are answered, how many settled (answered, or
-- left open on purpose), and since when. Of several the chosen one tells, else the one with most answered, as R3
-- has it. Which items, and which answers, is not said.
CREATE FUNCTION pro.held_unsent(study uuid, assessment uuid, chosen uuid)
    RETURNS TABLE (answered integer, settled integer, last_answer_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT h.answered, h.settled, h.last_answer_at FROM pro.attempts AS t
    CROSS JOIN LATERAL (
        SELECT count(r.value)::integer AS answered, count(*)::integer AS settled,
               max(r.received_at) AS last_answer_at
        FROM pro.sitting_answers(t.study_id, t.id) AS r) AS h
    WHERE t.study_id = study AND t.assessment_id = assessment AND t.submitted_at IS NULL
    ORDER BY (t.id = chosen) DESC NULLS LAST, h.answered DESC, h.settled DESC LIMIT 1
$$;

-- Of those now at a site of whoever asks, the visits whose window is open and at which something was answered and
-- not sent, soonest to close first: with all that is still owed there and how far each has come, and what tells
-- whether the participant may still be asked. Never what was answered. Walks the sittings that were never sent,
-- participant by participant, along their partial index: few, however many visits there are.
CREATE FUNCTION pro.desk_begun(study uuid, most integer)
    RETURNS TABLE (code text, protocol_version_id uuid, site_id uuid, zone text, visit_id uuid, definition text,
                   occurrence integer, provisional boolean, opens_at timestamptz, closes_at timestamptz,
                   owed jsonb, last_answer_at timestamptz, statuses json, died_at timestamptz, now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, p.zone, ps.site_id, (SELECT pro.now()) AS now
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    begun AS MATERIALIZED (
        SELECT DISTINCT h.id AS participant_id, v.id AS visit_id
        FROM here AS h
        JOIN pro.attempts AS t ON t.study_id = study AND t.participant_id = h.id AND t.submitted_at IS NULL
        JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id
                                 AND a.submitted_at IS NULL AND a.declined_at IS NULL
        JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id AND v.superseded_at IS NULL
                            AND NOT v.provisional AND v.opens_at <= h.now
                            AND (v.closes_at IS NULL OR v.closes_at > h.now)
    ),
    answered AS MATERIALIZED (
        SELECT b.participant_id, b.visit_id, max(u.last_answer_at) AS last_answer_at,
               jsonb_agg(jsonb_build_object('instrument', a.instrument, 'target', a.target,
                   'answered', coalesce(u.answered, 0), 'settled', coalesce(u.settled, 0)) ORDER BY a.id) AS owed
        FROM begun AS b
        JOIN pro.visits AS v ON v.study_id = study AND v.id = b.visit_id
        JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = b.visit_id
                                 AND a.submitted_at IS NULL AND a.declined_at IS NULL
        LEFT JOIN pro.standing_sittings AS c
          ON c.study_id = study AND c.assessment_id = a.id AND c.closes_at = v.closes_at
        LEFT JOIN LATERAL pro.held_unsent(study, a.id, c.attempt_id) AS u ON true
        GROUP BY b.participant_id, b.visit_id
        HAVING max(u.answered) > 0
    )
    SELECT h.code, h.protocol_version_id, h.site_id, h.zone, v.id, v.definition, v.occurrence, v.provisional,
           v.opens_at, v.closes_at, a.owed, a.last_answer_at,
           (SELECT coalesce(json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at)
                                     ORDER BY x.id), '[]')
            FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = h.id),
           (SELECT e.occurred_at FROM pro.latest_events(study, h.id) AS e WHERE e.kind = 'death' LIMIT 1),
           h.now
    FROM answered AS a
    JOIN here AS h ON h.id = a.participant_id
    JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id
    ORDER BY v.closes_at NULLS LAST, h.code LIMIT most
$$;
REVOKE ALL ON FUNCTION pro.desk_begun(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_begun(uuid, integer) TO pro_desk;
