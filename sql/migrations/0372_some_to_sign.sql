-- What waits for a signature is looked through from what closed first, and only as far as a page tells of it: a study of
-- 20,000 has 180,000 visits that closed, and to count them all took longer than a page may wait.

-- The rule, as before (0212), written so that the planner opens it up: visits that closed, are settled and asked something,
-- of which no signature was made since, and about which no request for a correction waits, at some of these sites now.
CREATE FUNCTION pro.visits_to_sign(study uuid, sites uuid[])
    RETURNS TABLE (participant_id uuid, site_id uuid, visit_id uuid, closes_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT v.participant_id, ps.site_id, v.id, v.closes_at
    FROM pro.visits AS v
    JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = v.participant_id
                                    AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
    WHERE v.study_id = study AND v.superseded_at IS NULL AND NOT v.provisional AND (v.chosen_for = v.closes_at) IS TRUE
      AND v.closes_at <= (SELECT pro.now())
      AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = v.id)
      AND NOT EXISTS (SELECT FROM pro.corrections AS c
                      JOIN pro.assessments AS a ON a.study_id = study AND a.id = c.assessment_id
                      WHERE c.study_id = study AND c.participant_id = v.participant_id AND a.visit_id = v.id
                        AND NOT EXISTS (SELECT FROM pro.correction_decisions AS d
                                        WHERE d.study_id = study AND d.correction_id = c.id))
      AND NOT EXISTS (SELECT FROM pro.signatures AS s
                      WHERE s.study_id = study AND s.participant_id = v.participant_id
                        AND (s.visit_id IS NULL OR s.visit_id = v.id) AND s.signed_at >= v.closes_at)
$$;

-- How many there are at these sites, as far as they are seen from here; counted to `most`, and no further. What closed last
-- is looked at first, for that is what is not signed yet; where it is, everything is compared with all signatures at once.
CREATE FUNCTION pro.desk_count_to_sign(study uuid, sites uuid[], most integer) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    seen CONSTANT uuid[] := ARRAY(SELECT unnest(sites) INTERSECT SELECT unnest(pro.visible_site_ids()));
    edge CONSTANT timestamptz := (
        SELECT v.closes_at FROM pro.visits AS v
        WHERE v.study_id = study AND v.superseded_at IS NULL AND NOT v.provisional
          AND (v.chosen_for = v.closes_at) IS TRUE
        ORDER BY v.closes_at DESC OFFSET 4 * most LIMIT 1);
    found bigint;
BEGIN
    SELECT count(*) INTO found
    FROM (SELECT FROM pro.visits_to_sign(study, seen) AS w WHERE w.closes_at >= edge LIMIT most) AS w;
    IF found < most THEN
        SELECT count(*) INTO found FROM pro.visits_to_sign(study, seen);
    END IF;
    RETURN least(found, most);
END
$$;

-- Whose they are: `most` participants, the longest waiting first. They are looked for among what closed first; where that
-- is signed, or of other sites, among everything.
CREATE FUNCTION pro.desk_first_to_sign(study uuid, sites uuid[], most integer)
    RETURNS TABLE (participant_id uuid, code text, site_id uuid, visits bigint, since timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 200 AS $$
#variable_conflict use_column
DECLARE
    seen CONSTANT uuid[] := ARRAY(SELECT unnest(sites) INTERSECT SELECT unnest(pro.visible_site_ids()));
    edge CONSTANT timestamptz := (
        SELECT v.closes_at FROM pro.visits AS v
        WHERE v.study_id = study AND v.superseded_at IS NULL AND NOT v.provisional
          AND (v.chosen_for = v.closes_at) IS TRUE
        ORDER BY v.closes_at OFFSET 4 * most LIMIT 1);
    latest timestamptz;
    who uuid[];
BEGIN
    FOREACH latest IN ARRAY ARRAY[coalesce(edge, 'infinity'), 'infinity'] LOOP
        who := ARRAY(SELECT p.id FROM pro.visits_to_sign(study, seen) AS w
                     JOIN pro.participants AS p ON p.study_id = study AND p.id = w.participant_id
                     WHERE w.closes_at <= latest
                     GROUP BY p.id, p.code ORDER BY min(w.closes_at), p.code LIMIT most);
        EXIT WHEN cardinality(who) = most OR latest = 'infinity';
    END LOOP;
    RETURN QUERY
    SELECT w.participant_id, p.code, w.site_id, count(*), min(w.closes_at)
    FROM pro.visits_to_sign(study, seen) AS w
    JOIN pro.participants AS p ON p.study_id = study AND p.id = w.participant_id
    WHERE w.participant_id = ANY (who)
    GROUP BY w.participant_id, p.code, w.site_id;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_count_to_sign(uuid, uuid[], integer), pro.desk_first_to_sign(uuid, uuid[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_count_to_sign(uuid, uuid[], integer), pro.desk_first_to_sign(uuid, uuid[], integer)
    TO pro_desk;

-- What the release before asks, by the same rule.
CREATE OR REPLACE FUNCTION pro.desk_visits_to_sign(study uuid, sites uuid[])
    RETURNS TABLE (participant_id uuid, code text, site_id uuid, visit_id uuid, closes_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.id, p.code, w.site_id, w.visit_id, w.closes_at
    FROM pro.visits_to_sign(study, ARRAY(SELECT unnest(sites) INTERSECT SELECT unnest(pro.visible_site_ids()))) AS w
    JOIN pro.participants AS p ON p.study_id = study AND p.id = w.participant_id
$$;

-- As before (0280), planned for the signatures there are; those of one visit and those of all are told apart, for what is
-- joined by either is looked up one by one, and a record that is all signed has many.
CREATE OR REPLACE FUNCTION pro.desk_void_signatures(study uuid, sites uuid[])
    RETURNS TABLE (code text, site_id uuid, signatures bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH here AS (
        SELECT p.id, p.code, ps.site_id FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = ps.study_id AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
          AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    signed AS (
        SELECT DISTINCT ON (s.participant_id, s.visit_id) s.id, s.participant_id, s.visit_id, s.signed_at, s.recorded_at
        FROM here AS h JOIN pro.signatures AS s ON s.study_id = study AND s.participant_id = h.id
        ORDER BY s.participant_id, s.visit_id, s.id DESC
    ),
    covered AS (
        SELECT g.id, g.participant_id, g.recorded_at, a.visit_id, a.id AS assessment_id
        FROM signed AS g JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = g.visit_id
        UNION ALL
        SELECT g.id, g.participant_id, g.recorded_at, a.visit_id, a.id
        FROM signed AS g
        JOIN pro.visits AS v ON v.study_id = study AND v.participant_id = g.participant_id AND v.closes_at <= g.signed_at
        JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = v.id
        WHERE g.visit_id IS NULL
    ),
    touched AS (
        SELECT c.id, c.participant_id, c.visit_id, greatest(t.recorded_at, t.submitted_at) AS at
        FROM covered AS c JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = c.assessment_id
        WHERE greatest(t.recorded_at, t.submitted_at) > c.recorded_at
        UNION ALL
        SELECT c.id, c.participant_id, c.visit_id, s.recorded_at
        FROM covered AS c JOIN pro.scores AS s ON s.study_id = study AND s.assessment_id = c.assessment_id
        WHERE s.recorded_at > c.recorded_at
    )
    SELECT h.code, h.site_id, count(DISTINCT t.id)
    FROM touched AS t JOIN here AS h ON h.id = t.participant_id
    WHERE NOT EXISTS (SELECT FROM pro.lock_spans AS k
                      WHERE k.study_id = study AND k.participant_id = t.participant_id AND k.visit_id = t.visit_id
                        AND k.lifted_at IS NULL AND k.locked_at < t.at)
    GROUP BY h.code, h.site_id ORDER BY h.code;
END
$$;
