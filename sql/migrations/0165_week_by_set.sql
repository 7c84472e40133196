-- The week that comes, at the size of a whole study: who is still asked is known of everybody at once, and what is owed
-- is looked up where it is kept (0099), instead of visit by visit. Of what is not kept as it is now the record tells.

-- Visits are found along the day they are for, too.
CREATE INDEX visits_of_a_day ON pro.visits (study_id, target_on) WHERE superseded_at IS NULL AND attended_on IS NULL;

-- Who is now at one of these sites, and their status now: kept, or derived for those who are `stale`.
CREATE FUNCTION pro.desk_present(study uuid, sites uuid[], stale uuid[], untils timestamptz[], at timestamptz)
    RETURNS TABLE (id uuid, code text, protocol_version_id uuid, zone text, site_id uuid, status text)
    LANGUAGE sql STABLE AS $$
    SELECT p.id, p.code, p.protocol_version_id, p.zone, ps.site_id, t.status
    FROM pro.participant_sites AS ps
    JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
    JOIN pro.desk_standings(study, stale, stale, untils, at) AS t ON t.participant_id = ps.participant_id
    WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
$$;

-- Windows that are open now, or open until an instant, of visits that ask something, and whether any of it is owed.
CREATE FUNCTION pro.windows_ahead(study uuid, stale uuid[], at timestamptz, until timestamptz)
    RETURNS TABLE (participant_id uuid, visit_id uuid, opens_at timestamptz, closes_at timestamptz, owes boolean)
    LANGUAGE sql STABLE AS $$
    -- due, started or unsent; what is provisional begins when it closes
    SELECT k.participant_id, k.visit_id, k.begins_at, k.closes_at, k.signs_within & 224 <> 0
    FROM pro.visit_outlooks AS k
    WHERE k.study_id = study AND NOT k.settled AND k.begins_at <= until AND k.closes_at > at
      AND k.begins_at < k.closes_at AND k.closes_at < 'infinity'
      AND NOT EXISTS (SELECT FROM unnest(stale) AS x (id) WHERE x.id = k.participant_id)
    UNION ALL
    SELECT v.participant_id, v.id, v.opens_at, v.closes_at,
           bool_or(a.submitted_at IS NULL AND a.declined_at IS NULL)
    FROM pro.visits AS v
    JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = v.id
    WHERE v.study_id = study AND v.participant_id = ANY (stale) AND v.superseded_at IS NULL AND NOT v.provisional
      AND v.opens_at <= until AND v.closes_at > at
    GROUP BY v.participant_id, v.id, v.opens_at, v.closes_at
$$;

-- Who comes to the clinic within seven days of their own, from today on: for a visit (`clinic` holds pairs of a version
-- and a visit of it), or for what is planned without one.
CREATE FUNCTION pro.coming_to_clinic(study uuid, clinic jsonb, at timestamptz)
    RETURNS TABLE (kind text, of_id uuid, participant_id uuid, due_at timestamptz)
    LANGUAGE sql STABLE AS $$
    WITH held AS (SELECT (x.pair ->> 0)::uuid AS version_id, x.pair ->> 1 AS definition
                  FROM jsonb_array_elements(clinic) AS x (pair))
    SELECT 'clinic', v.id, p.id, v.target_on::timestamp AT TIME ZONE p.zone
    FROM pro.visits AS v
    JOIN pro.participants AS p ON p.study_id = study AND p.id = v.participant_id
    JOIN held AS d ON d.version_id = p.protocol_version_id AND d.definition = v.definition
    WHERE v.study_id = study AND v.superseded_at IS NULL AND v.attended_on IS NULL AND v.closes_at > at
      -- Wherever they live their seven days are among these.
      AND v.target_on BETWEEN at::date - 1 AND at::date + 8
      AND v.target_on - (at AT TIME ZONE p.zone)::date BETWEEN 0 AND 6
    UNION ALL
    SELECT 'planned', e.id, p.id, e.planned_on::timestamp AT TIME ZONE p.zone
    FROM pro.planned_soon(study) AS e
    JOIN pro.participants AS p ON p.study_id = study AND p.id = e.participant_id
    WHERE e.planned_on - (at AT TIME ZONE p.zone)::date BETWEEN 0 AND 6
      AND NOT EXISTS (SELECT FROM pro.visits AS v
                      JOIN held AS d ON d.version_id = p.protocol_version_id AND d.definition = v.definition
                      WHERE v.study_id = study AND v.participant_id = p.id AND v.superseded_at IS NULL
                        AND v.closes_at > at AND v.target_on = e.planned_on)
$$;

-- Whether a participant owes answers at a visit whose window is open.
CREATE FUNCTION pro.owes_answers(study uuid, participant uuid, at timestamptz) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pro.visits AS v
                   JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = v.id
                    AND a.submitted_at IS NULL AND a.declined_at IS NULL
                   WHERE v.study_id = study AND v.participant_id = participant AND v.superseded_at IS NULL
                     AND NOT v.provisional AND v.opens_at <= at AND v.closes_at > at)
$$;

-- As before (0151); `longest` is asked for no more, and stays for servers of the release before this one.
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
    WITH here AS MATERIALIZED (SELECT * FROM pro.desk_present(study, sites, stale.who, stale.untils, at)),
    told AS MATERIALIZED (
        SELECT CASE WHEN w.opens_at > at THEN 'opens' ELSE 'closes' END AS kind, w.visit_id AS of_id,
               CASE WHEN w.opens_at > at THEN w.opens_at ELSE w.closes_at END AS due_at, h.id, h.code
        FROM pro.windows_ahead(study, stale.who, at, until) AS w JOIN here AS h ON h.id = w.participant_id
        WHERE h.status <> ALL (unasked) AND (w.opens_at > at OR w.owes AND w.closes_at <= until)
        UNION ALL
        SELECT c.kind, c.of_id, c.due_at, h.id, h.code
        FROM pro.coming_to_clinic(study, clinic, at) AS c JOIN here AS h ON h.id = c.participant_id
        WHERE h.status <> ALL (unseen)
    )
    SELECT f.kind, h.code, h.site_id, h.zone, h.protocol_version_id, coalesce(v.definition, e.kind),
           coalesce(v.occurrence, e.ordinal), coalesce(v.opens_at, at), coalesce(v.closes_at, at),
           coalesce(v.target_on, e.planned_on), f.kind IN ('closes', 'opens') OR pro.owes_answers(study, h.id, at),
           k.total
    FROM (SELECT t.kind, count(*) AS total FROM told AS t GROUP BY t.kind) AS k
    CROSS JOIN LATERAL (SELECT t.* FROM told AS t WHERE t.kind = k.kind ORDER BY t.due_at, t.code LIMIT most) AS f
    JOIN here AS h ON h.id = f.id
    -- Looked up one by one: the planner does not know how few of the told are shown.
    LEFT JOIN LATERAL (SELECT x.* FROM pro.visits AS x WHERE x.study_id = study AND x.id = f.of_id LIMIT 1) AS v ON true
    LEFT JOIN LATERAL (SELECT x.* FROM pro.events AS x WHERE x.study_id = study AND x.id = f.of_id LIMIT 1) AS e ON true
    ORDER BY f.kind, f.due_at, f.code;
END
$$;
