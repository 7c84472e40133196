-- Answered by themselves, or with somebody's help (rule R11): the rule is `with_help` of
-- pro_service/domain/study/respondents.py, and a test holds this to it.
CREATE FUNCTION pro.with_help(mode text, respondent text) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$ SELECT mode IN ('telephone', 'paper') OR respondent <> 'self' $$;
CREATE INDEX attempts_helped ON pro.attempts (study_id, assessment_id)
    WHERE submitted_at IS NOT NULL AND (mode IN ('telephone', 'paper') OR respondent <> 'self');

-- Assessments that were answered with help: no sitting that counts (as `counting_sittings`, 0038, has it) was
-- answered without. Few, and found along an index of their own.
CREATE FUNCTION pro.helped_assessments(study uuid) RETURNS TABLE (assessment_id uuid, visit_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT a.id, a.visit_id
    FROM (SELECT DISTINCT t.assessment_id FROM pro.attempts AS t
          WHERE t.study_id = study AND t.submitted_at IS NOT NULL AND pro.with_help(t.mode, t.respondent)) AS h
    JOIN pro.assessments AS a ON a.study_id = study AND a.id = h.assessment_id
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.closes_at = v.closes_at
    WHERE a.submitted_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM pro.attempts AS t
                      WHERE t.study_id = study AND t.assessment_id = a.id AND t.submitted_at IS NOT NULL
                        AND (c.attempt_id IS NULL OR c.attempt_id = t.id)
                        AND NOT pro.with_help(t.mode, t.respondent))
$$;

-- As in 0100, and how many of those completed in the window were answered with help.
DROP FUNCTION pro.desk_figures(uuid, uuid, jsonb);
CREATE FUNCTION pro.desk_figures(study uuid, place uuid, items jsonb)
    RETURNS TABLE (definition text, site_id uuid, completed_in_window bigint, helped bigint,
                   expected_and_closed bigint, unsent bigint, scorable bigint, enrolled bigint, unknown integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    stale record;
BEGIN
    SELECT * INTO stale FROM pro.desk_stale(study, sites, place, at, 2000);
    RETURN QUERY
    WITH seen AS MATERIALIZED (SELECT * FROM pro.desk_seen(study, sites, place)),
    helped AS MATERIALIZED (SELECT DISTINCT h.visit_id FROM pro.helped_assessments(study) AS h),
    told AS (
        SELECT v.visit_id, v.definition, s.site_id,
               pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after) AS signs
        FROM pro.visit_outlooks AS v JOIN seen AS s ON s.participant_id = v.participant_id
        WHERE v.study_id = study
          AND NOT EXISTS (SELECT FROM unnest(stale.who || stale.rest) AS x (id) WHERE x.id = v.participant_id)
        UNION ALL
        SELECT v.visit_id, v.definition, s.site_id,
               pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after)
        FROM pro.outlooks_of(study, stale.who, stale.untils, items, at) AS v
        JOIN seen AS s ON s.participant_id = v.participant_id WHERE cardinality(stale.who) > 0
    )
    SELECT g.definition, g.site_id, count(*) FILTER (WHERE g.signs & 2048 <> 0),
           count(h.visit_id) FILTER (WHERE g.signs & 2048 <> 0),
           count(*) FILTER (WHERE g.signs & 1024 <> 0), count(*) FILTER (WHERE g.signs & 4096 <> 0),
           count(*) FILTER (WHERE g.signs & 8192 <> 0), NULL::bigint, cardinality(stale.rest)
    FROM told AS g LEFT JOIN helped AS h ON h.visit_id = g.visit_id
    GROUP BY g.definition, g.site_id
    UNION ALL
    SELECT NULL, s.site_id, 0, 0, 0, 0, 0, count(*) FILTER (WHERE t.enrolled), cardinality(stale.rest)
    FROM seen AS s
    JOIN pro.desk_standings(study, stale.who || stale.rest, stale.who, stale.untils, at) AS t
      ON t.participant_id = s.participant_id
    GROUP BY s.site_id;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_figures(uuid, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_figures(uuid, uuid, jsonb) TO pro_desk;
