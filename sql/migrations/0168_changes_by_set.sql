-- What changed since somebody was last here, at the size of a whole study: visits that passed without a word are found
-- where they are kept (0099), and numbers that want no texts among those of the span.
CREATE INDEX outlooks_unheard ON pro.visit_outlooks (study_id, closes_at) WHERE signs_after & 1023 = 256;

-- Visits that asked something and closed within a span without a word. Of those who are `stale` the record is asked.
CREATE FUNCTION pro.visits_unheard(study uuid, stale uuid[], since timestamptz, at timestamptz)
    RETURNS TABLE (participant_id uuid, definition text, occurrence integer, closes_at timestamptz)
    LANGUAGE sql STABLE AS $$
    -- Nothing but missed; what was begun and left without an answer is a word all the same.
    SELECT k.participant_id, k.definition, k.occurrence, k.closes_at
    FROM pro.visit_outlooks AS k
    WHERE k.study_id = study AND k.signs_after & 1023 = 256 AND k.closes_at > since AND k.closes_at <= at
      AND k.begins_at < k.closes_at
      AND NOT EXISTS (SELECT FROM unnest(stale) AS x (id) WHERE x.id = k.participant_id)
      AND NOT pro.heard_at_visit(study, k.visit_id)
    UNION ALL
    SELECT v.participant_id, v.definition, v.occurrence, v.closes_at
    FROM pro.visits AS v
    WHERE v.study_id = study AND v.participant_id = ANY (stale) AND v.superseded_at IS NULL AND NOT v.provisional
      AND v.closes_at > since AND v.closes_at <= at
      AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = v.id)
      AND NOT pro.heard_at_visit(study, v.id)
$$;

-- As before (0097).
CREATE OR REPLACE FUNCTION pro.desk_changes(study uuid, since timestamptz, unasked text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, protocol_version_id uuid, definition text,
                   occurrence integer, at timestamptz, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    present CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    stale record;
BEGIN
    SELECT * INTO stale FROM pro.desk_stale(study, sites, NULL, present, 2147483647);
    RETURN QUERY
    WITH told AS (
        SELECT 'answered' AS kind, v.participant_id, v.definition, v.occurrence, max(t.submitted_at) AS at
        FROM pro.attempts AS t
        JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id
        JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id
        WHERE t.study_id = study AND t.submitted_at > since
        GROUP BY v.id, v.participant_id, v.definition, v.occurrence
        UNION ALL
        SELECT 'unanswered', v.participant_id, v.definition, v.occurrence, v.closes_at
        FROM pro.visits_unheard(study, stale.who, since, present) AS v
        WHERE pro.stands_outside(study, v.participant_id, v.closes_at, unasked)
        UNION ALL
        SELECT 'numbers', c.participant_id, NULL, NULL, max(c.recorded_at)
        FROM pro.contact_points AS c
        WHERE c.study_id = study AND c.recorded_at > since
          AND EXISTS (SELECT FROM pro.contact_points AS b
                      WHERE b.study_id = study AND b.participant_id = c.participant_id AND b.id < c.id
                        AND b.valid_to IS NOT NULL)
        GROUP BY c.participant_id
        UNION ALL
        SELECT 'stopped', o.participant_id, NULL, NULL, max(o.started_at)
        FROM pro.opt_outs_of_users(study) AS o
        WHERE o.started_at > since AND o.ended_at IS NULL
        GROUP BY o.participant_id
    ),
    placed AS (
        SELECT t.*, p.code, ps.site_id, p.protocol_version_id,
               row_number() OVER (PARTITION BY t.kind ORDER BY t.at DESC, p.code) AS place,
               count(*) OVER (PARTITION BY t.kind) AS total
        FROM told AS t
        JOIN pro.participants AS p ON p.study_id = study AND p.id = t.participant_id
        JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = p.id AND ps.valid_to IS NULL
                                        AND ps.site_id = ANY (sites)
    )
    SELECT p.kind, p.code, p.site_id, p.protocol_version_id, p.definition, p.occurrence, p.at, p.total
    FROM placed AS p WHERE p.place <= most
    ORDER BY p.kind, p.place;
END
$$;
