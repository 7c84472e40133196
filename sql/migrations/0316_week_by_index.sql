-- The week that comes, at the size of a whole study (0165): of the windows that are open now only those are read that
-- close until then, by the day on which they do; and where people stand is asked of those of whom anything is told.
CREATE INDEX outlooks_owing_until ON pro.visit_outlooks (study_id, closes_at) WHERE NOT settled AND signs_within & 224 <> 0;

-- As before, but each row is one that is told: windows that open until an instant, and open ones that close by then with
-- something owed.
CREATE OR REPLACE FUNCTION pro.windows_ahead(study uuid, stale uuid[], at timestamptz, until timestamptz)
    RETURNS TABLE (participant_id uuid, visit_id uuid, opens_at timestamptz, closes_at timestamptz, owes boolean)
    LANGUAGE sql STABLE AS $$
    -- due, started or unsent; what is provisional begins when it closes
    SELECT k.participant_id, k.visit_id, k.begins_at, k.closes_at, k.signs_within & 224 <> 0
    FROM pro.visit_outlooks AS k
    WHERE k.study_id = study AND NOT k.settled AND k.begins_at > at AND k.begins_at <= until
      AND k.begins_at < k.closes_at AND k.closes_at < 'infinity' AND k.participant_id <> ALL (stale)
    UNION ALL
    SELECT k.participant_id, k.visit_id, k.begins_at, k.closes_at, true
    FROM pro.visit_outlooks AS k
    WHERE k.study_id = study AND NOT k.settled AND k.signs_within & 224 <> 0 AND k.closes_at > at
      AND k.closes_at <= until AND k.begins_at <= at AND k.begins_at < k.closes_at AND k.participant_id <> ALL (stale)
    UNION ALL
    SELECT v.participant_id, v.id, v.opens_at, v.closes_at,
           bool_or(a.submitted_at IS NULL AND a.declined_at IS NULL)
    FROM pro.visits AS v
    JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = v.id
    WHERE v.study_id = study AND v.participant_id = ANY (stale) AND v.superseded_at IS NULL AND NOT v.provisional
      AND v.opens_at <= until AND v.closes_at > at
    GROUP BY v.participant_id, v.id, v.opens_at, v.closes_at
$$;

CREATE OR REPLACE FUNCTION pro.desk_week(study uuid, until timestamptz, longest interval, clinic jsonb, unasked text[],
                              unseen text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, zone text, protocol_version_id uuid, definition text,
                   occurrence integer, opens_at timestamptz, closes_at timestamptz, target_on date, owes boolean,
                   total bigint)
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
    WITH told AS MATERIALIZED (
        SELECT x.kind, x.of_id, x.due_at, p.id, p.code, p.zone, p.protocol_version_id, s.site_id
        FROM (SELECT CASE WHEN w.opens_at > at THEN 'opens' ELSE 'closes' END AS kind, w.visit_id AS of_id,
                     w.participant_id, CASE WHEN w.opens_at > at THEN w.opens_at ELSE w.closes_at END AS due_at,
                     unasked AS stopped
              FROM pro.windows_ahead(study, stale.who, at, until) AS w
              WHERE w.opens_at > at OR w.owes AND w.closes_at <= until
              UNION ALL
              SELECT c.kind, c.of_id, c.participant_id, c.due_at, unseen
              FROM pro.coming_to_clinic(study, clinic, at) AS c) AS x
        JOIN pro.participant_sites AS s ON s.study_id = study AND s.participant_id = x.participant_id
                                       AND s.valid_to IS NULL
        JOIN pro.participants AS p ON p.study_id = study AND p.id = x.participant_id
        JOIN pro.desk_standings(study, stale.who, stale.who, stale.untils, at) AS t ON t.participant_id = x.participant_id
        WHERE s.site_id = ANY (sites) AND t.status <> ALL (x.stopped)
    )
    SELECT f.kind, f.code, f.site_id, f.zone, f.protocol_version_id, coalesce(v.definition, e.kind),
           coalesce(v.occurrence, e.ordinal), coalesce(v.opens_at, at), coalesce(v.closes_at, at),
           coalesce(v.target_on, e.planned_on), f.kind IN ('closes', 'opens') OR pro.owes_answers(study, f.id, at),
           k.total
    FROM (SELECT t.kind, count(*) AS total FROM told AS t GROUP BY t.kind) AS k
    CROSS JOIN LATERAL (SELECT t.* FROM told AS t WHERE t.kind = k.kind ORDER BY t.due_at, t.code LIMIT most) AS f
    -- Looked up one by one: the planner does not know how few of the told are shown.
    LEFT JOIN LATERAL (SELECT x.* FROM pro.visits AS x WHERE x.study_id = study AND x.id = f.of_id LIMIT 1) AS v ON true
    LEFT JOIN LATERAL (SELECT x.* FROM pro.events AS x WHERE x.study_id = study AND x.id = f.of_id LIMIT 1) AS e ON true
    ORDER BY f.kind, f.due_at, f.code;
END
$$;
DROP FUNCTION pro.desk_present(uuid, uuid[], uuid[], timestamptz[], timestamptz);
