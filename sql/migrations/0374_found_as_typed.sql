-- A participant is found by their code as it is said or typed: K-0012 is k12, K 0012 and full-width too. Which codes are the
-- same is the domain's rule (`alike_pattern` of domain/tables/codes.py); the database is given it as a pattern. Else as before (0167).
CREATE OR REPLACE FUNCTION pro.desk_find(study uuid, sought jsonb, sorted text, first integer, most integer)
    RETURNS TABLE (participant_id uuid, code text, site_id uuid, total bigint, unknown integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    q record;
    stale record;
    kept boolean;
BEGIN
    SELECT * INTO q FROM jsonb_to_record(sought) AS x (site uuid, code text, alike text, codes text[], language text,
        status text, enrolled boolean, visit text, states integer, figure integer, items jsonb);
    kept := num_nonnulls(q.status, q.enrolled, q.states, q.figure) > 0 OR sorted IN ('behind', 'status');
    SELECT * INTO stale FROM pro.desk_stale(study, sites, q.site, at, CASE WHEN kept THEN 300 END);
    RETURN QUERY
    WITH visited AS (
        SELECT v.participant_id, bit_or(v.signs) AS signs, count(*) FILTER (WHERE v.signs & 16384 <> 0) AS behind,
               count(*) FILTER (WHERE v.signs & 32768 <> 0) AS owing
        FROM pro.desk_signs(study, stale.who || stale.rest, stale.who, stale.untils, q.items,
                 q.visit IS NULL AND (q.states & 992 <> 0 OR q.figure & 7168 <> 0 OR sorted = 'behind'), q.visit,
                 CASE WHEN q.figure IS NULL AND sorted <> 'behind' THEN q.states END, at) AS v
        WHERE kept GROUP BY v.participant_id
    ),
    -- All of them before the page is taken: for a page of few rows the planner would look up each.
    found AS MATERIALIZED (
        SELECT s.participant_id, p.code, s.site_id, v.owing, t.status,
               coalesce(CASE WHEN q.visit IS NULL THEN t.behind END, 0) + coalesce(v.behind, 0) AS behind
        FROM pro.desk_seen(study, sites, q.site) AS s
        JOIN pro.participants AS p ON p.study_id = study AND p.id = s.participant_id
        LEFT JOIN (SELECT * FROM pro.desk_standings(study, stale.who || stale.rest, stale.who, stale.untils, at)
                   WHERE kept) AS t ON t.participant_id = s.participant_id
        LEFT JOIN visited AS v ON v.participant_id = s.participant_id
        LEFT JOIN (SELECT * FROM pro.languages_chosen(study) WHERE q.language IS NOT NULL) AS l
               ON l.participant_id = s.participant_id
        WHERE (q.code IS NULL OR strpos(lower(p.code), lower(q.code)) > 0 OR p.code ~* q.alike)
          AND (q.codes IS NULL OR p.code = ANY (q.codes))
          AND (q.language IS NULL OR q.language = coalesce(l.language, p.language))
          AND (q.status IS NULL OR t.status = q.status) AND (q.enrolled IS NULL OR t.enrolled = q.enrolled)
          AND (q.states IS NULL OR v.signs & q.states <> 0
               OR q.visit IS NULL AND (t.signs & q.states <> 0 OR q.states & 16 <> 0 AND t.waits_until > at))
          AND (q.figure IS NULL OR v.signs & q.figure <> 0 OR q.visit IS NULL AND t.signs & q.figure <> 0)
    )
    SELECT f.participant_id, f.code, f.site_id, (SELECT count(*) FROM found), cardinality(stale.rest)
    FROM found AS f JOIN pro.sites AS y ON y.study_id = study AND y.id = f.site_id
    ORDER BY CASE WHEN sorted = 'behind' THEN f.behind END DESC,
             CASE WHEN sorted = 'behind' THEN f.owing END DESC NULLS LAST,
             CASE WHEN sorted = 'site' THEN y.code END,
             CASE WHEN sorted = 'status' THEN f.status END NULLS LAST, f.code
    OFFSET first LIMIT most;
END
$$;
