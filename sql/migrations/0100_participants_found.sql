-- Participants found at the desk, and the figures of all of them: whatever is kept (0099) is read set by set, the rest
-- is derived where it is asked for. These functions show what row-level security would, for they look at
-- `desk_seen` alone; they never say what was answered.

-- Make the outlooks of some participants anew where they are of another revision, or a status has taken effect.
-- One at a time, each seeing what the one before wrote; nobody who writes about a participant waits.
CREATE FUNCTION pro.refresh_outlooks(study uuid, who uuid[], items jsonb) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := pro.now();
    stale uuid[];
    untils timestamptz[];
    refreshed integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7099, hashtext(study::text));
    SELECT array_agg(r.participant_id), array_agg('infinity'::timestamptz) INTO stale, untils
    FROM pro.participant_revisions AS r
    LEFT JOIN pro.participant_outlooks AS o ON o.study_id = r.study_id AND o.participant_id = r.participant_id
    WHERE r.study_id = study AND r.participant_id = ANY (who)
      AND (o.revision IS DISTINCT FROM r.revision OR o.holds_until <= at
           OR EXISTS (SELECT FROM pro.visit_outlooks AS v
                      WHERE v.study_id = study AND v.participant_id = r.participant_id AND NOT v.settled
                        AND v.closes_at <= at));
    IF stale IS NULL THEN
        RETURN 0;
    END IF;
    WITH made AS MATERIALIZED (SELECT * FROM pro.outlooks_of(study, stale, untils, items, at)),
    stored AS (
        INSERT INTO pro.visit_outlooks AS k SELECT study, m.* FROM made AS m
        ON CONFLICT (study_id, participant_id, visit_id) DO UPDATE
        SET begins_at = excluded.begins_at, closes_at = excluded.closes_at, signs_before = excluded.signs_before,
            signs_within = excluded.signs_within, signs_after = excluded.signs_after, settled = excluded.settled
        WHERE (k.begins_at, k.closes_at, k.signs_before, k.signs_within, k.signs_after, k.settled)
            IS DISTINCT FROM (excluded.begins_at, excluded.closes_at, excluded.signs_before, excluded.signs_within,
                              excluded.signs_after, excluded.settled)
    ),
    gone AS (
        DELETE FROM pro.visit_outlooks AS k
        WHERE k.study_id = study AND k.participant_id = ANY (stale)
          AND NOT EXISTS (SELECT FROM made AS m
                          WHERE m.participant_id = k.participant_id AND m.visit_id = k.visit_id)
    ),
    summed AS (
        SELECT m.participant_id,
               -- What is sent, declined, not applicable or scored at a visit to come is the same in all its phases.
               bit_or(CASE WHEN m.settled THEN pro.signs_at(at, m.begins_at, m.closes_at, m.signs_before,
                                                            m.signs_within, m.signs_after)
                           ELSE m.signs_before & 8207 END) AS signs,
               count(*) FILTER (WHERE m.settled AND pro.signs_at(at, m.begins_at, m.closes_at, m.signs_before,
                                                                 m.signs_within, m.signs_after) & 16384 <> 0) AS behind,
               max(least(m.begins_at, m.closes_at)) FILTER (WHERE NOT m.settled AND m.signs_before & 16 <> 0)
                   AS waits_until
        FROM made AS m GROUP BY m.participant_id
    ),
    placed AS (
        INSERT INTO pro.participant_outlooks AS k
        SELECT study, t.participant_id, r.revision, t.holds_until, t.status, t.enrolled, coalesce(m.signs, 0),
               coalesce(m.behind, 0), coalesce(m.waits_until, '-infinity')
        FROM pro.standings_of(study, stale, untils, at) AS t
        JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = t.participant_id
        LEFT JOIN summed AS m ON m.participant_id = t.participant_id
        ON CONFLICT (study_id, participant_id) DO UPDATE
        SET revision = excluded.revision, holds_until = excluded.holds_until, status = excluded.status,
            enrolled = excluded.enrolled, signs = excluded.signs, behind = excluded.behind,
            waits_until = excluded.waits_until
        RETURNING 1
    )
    SELECT count(*) INTO refreshed FROM placed;
    RETURN refreshed;
END
$$;
REVOKE ALL ON FUNCTION pro.refresh_outlooks(uuid, uuid[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.refresh_outlooks(uuid, uuid[], jsonb) TO pro_worker;

-- Of whom the desk sees, those whose outlook is not kept as they are now: so many as are derived where they are asked for,
-- and the rest.
CREATE FUNCTION pro.desk_stale(study uuid, sites uuid[], place uuid, at timestamptz, most integer,
                               OUT who uuid[], OUT untils timestamptz[], OUT rest uuid[])
    LANGUAGE sql STABLE AS $$
    WITH stale AS (
        SELECT s.participant_id, s.until, row_number() OVER (ORDER BY s.participant_id) <= most AS chosen
        FROM pro.desk_seen(study, sites, place) AS s
        LEFT JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = s.participant_id
        LEFT JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = s.participant_id
        WHERE s.until < 'infinity' OR o.revision IS DISTINCT FROM r.revision OR o.holds_until <= at
    )
    SELECT coalesce(array_agg(x.participant_id) FILTER (WHERE x.chosen), '{}'),
           coalesce(array_agg(x.until) FILTER (WHERE x.chosen), '{}'),
           coalesce(array_agg(x.participant_id) FILTER (WHERE NOT x.chosen), '{}')
    FROM stale AS x
$$;

-- A page of the participants the desk sees, narrowed and sorted as is wanted; `total` is of all of them, `unknown`
-- of those of whom it is not known yet whether they belong to them. `sought` is one JSON document: site, code (part of
-- it), people, language, status, enrolled, visit, states and figure (signs), items; what is not there narrows nothing.
CREATE FUNCTION pro.desk_find(study uuid, sought jsonb, sorted text, first integer, most integer)
    RETURNS TABLE (participant_id uuid, code text, site_id uuid, total bigint, unknown integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    place CONSTANT uuid := sought ->> 'site';
    part CONSTANT text := lower(sought ->> 'code');
    people CONSTANT uuid[] := CASE WHEN sought -> 'people' IS NOT NULL THEN
        ARRAY(SELECT jsonb_array_elements_text(sought -> 'people')::uuid) END;
    tongue CONSTANT text := sought ->> 'language';
    wanted_status CONSTANT text := sought ->> 'status';
    wanted_enrolled CONSTANT boolean := sought ->> 'enrolled';
    visit CONSTANT text := sought ->> 'visit';
    bits CONSTANT integer := sought ->> 'states';
    figure CONSTANT integer := sought ->> 'figure';
    items CONSTANT jsonb := sought -> 'items';
    kept CONSTANT boolean := coalesce(wanted_status, sought ->> 'enrolled', sought ->> 'states', sought ->> 'figure')
        IS NOT NULL OR sorted IN ('behind', 'status');
    -- A visit that has closed, or lies ahead, tells by the participant's own signs, unless one visit is asked about.
    begun CONSTANT boolean := visit IS NULL
        AND (bits & 992 <> 0 OR figure IN (1024, 2048, 4096) OR sorted = 'behind');
    each CONSTANT boolean := bits IS NULL OR figure IS NOT NULL OR sorted = 'behind';
    stale record;
    derive boolean;
BEGIN
    IF kept THEN
        SELECT * INTO stale FROM pro.desk_stale(study, sites, place, at, 300);
    ELSE
        SELECT ARRAY[]::uuid[] AS who, ARRAY[]::timestamptz[] AS untils, ARRAY[]::uuid[] AS rest INTO stale;
    END IF;
    derive := cardinality(stale.who) > 0;
    RETURN QUERY
    WITH seen AS MATERIALIZED (SELECT * FROM pro.desk_seen(study, sites, place)),
    fresh AS (
        SELECT o.* FROM pro.participant_outlooks AS o
        WHERE kept AND o.study_id = study
          AND NOT EXISTS (SELECT FROM unnest(stale.who || stale.rest) AS x (id) WHERE x.id = o.participant_id)
    ),
    derived AS (SELECT * FROM pro.standings_of(study, stale.who, stale.untils, at) WHERE derive),
    told AS (
        SELECT v.* FROM pro.visit_outlooks AS v
        WHERE v.study_id = study AND begun AND NOT v.settled AND v.begins_at <= at
          AND (each OR pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after) & bits <> 0)
          AND NOT EXISTS (SELECT FROM unnest(stale.who || stale.rest) AS x (id) WHERE x.id = v.participant_id)
        UNION ALL
        SELECT v.* FROM pro.visit_outlooks AS v
        WHERE v.study_id = study AND kept AND v.definition = visit
          AND (each OR pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after) & bits <> 0)
          AND NOT EXISTS (SELECT FROM unnest(stale.who || stale.rest) AS x (id) WHERE x.id = v.participant_id)
        UNION ALL
        SELECT study, v.* FROM pro.outlooks_of(study, stale.who, stale.untils, items, at) AS v
        WHERE derive AND (visit IS NULL OR v.definition = visit)
    ),
    visited AS (
        SELECT g.participant_id, bit_or(g.signs) AS signs, count(*) FILTER (WHERE g.signs & 16384 <> 0) AS behind,
               count(*) FILTER (WHERE g.signs & 32768 <> 0) AS owing
        FROM (SELECT v.participant_id, pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within,
                                                    v.signs_after) AS signs
              FROM told AS v) AS g
        GROUP BY g.participant_id
    ),
    -- All of them before the page is taken: for a page of few rows the planner would look up each.
    found AS MATERIALIZED (
        SELECT s.participant_id, p.code, s.site_id, coalesce(CASE WHEN visit IS NULL THEN f.behind END, 0) + coalesce(v.behind, 0) AS behind, v.owing,
               coalesce(f.status, d.status) AS status
        FROM seen AS s
        JOIN pro.participants AS p ON p.study_id = study AND p.id = s.participant_id
        LEFT JOIN fresh AS f ON f.participant_id = s.participant_id
        LEFT JOIN derived AS d ON d.participant_id = s.participant_id
        LEFT JOIN visited AS v ON v.participant_id = s.participant_id
        WHERE (part IS NULL OR strpos(lower(p.code), part) > 0)
          AND (people IS NULL OR s.participant_id = ANY (people))
          AND (tongue IS NULL OR tongue = (SELECT w.language FROM pro.present_participants AS w
                                           WHERE w.study_id = study AND w.id = s.participant_id))
          AND (wanted_status IS NULL OR coalesce(f.status, d.status) = wanted_status)
          AND (wanted_enrolled IS NULL OR coalesce(f.enrolled, d.enrolled) = wanted_enrolled)
          AND (bits IS NULL OR v.signs & bits <> 0
               OR visit IS NULL AND (f.signs & bits <> 0 OR bits & 16 <> 0 AND f.waits_until > at))
          AND (figure IS NULL OR v.signs & figure <> 0 OR visit IS NULL AND f.signs & figure <> 0)
    )
    SELECT f.participant_id, f.code, f.site_id, (SELECT count(*) FROM found), cardinality(stale.rest)
    FROM found AS f
    ORDER BY CASE WHEN sorted = 'behind' THEN f.behind END DESC,
             CASE WHEN sorted = 'behind' THEN f.owing END DESC NULLS LAST,
             CASE WHEN sorted = 'site' THEN (SELECT y.code FROM pro.sites AS y
                                             WHERE y.study_id = study AND y.id = f.site_id) END,
             CASE WHEN sorted = 'status' THEN f.status END NULLS LAST, f.code
    OFFSET first LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_find(uuid, jsonb, text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_find(uuid, jsonb, text, integer, integer) TO pro_desk;

-- What the two figures of everybody the desk sees are made of: each visit at each site, and how many each site has
-- enrolled (a row without a visit). `unknown` is how many participants are not counted yet.
CREATE FUNCTION pro.desk_figures(study uuid, place uuid, items jsonb)
    RETURNS TABLE (definition text, site_id uuid, completed_in_window bigint, expected_and_closed bigint,
                   unsent bigint, scorable bigint, enrolled bigint, unknown integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    stale record;
    derive boolean;
BEGIN
    SELECT * INTO stale FROM pro.desk_stale(study, sites, place, at, 2000);
    derive := cardinality(stale.who) > 0;
    RETURN QUERY
    WITH seen AS MATERIALIZED (SELECT * FROM pro.desk_seen(study, sites, place)),
    told AS (
        SELECT v.definition, s.site_id, pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within,
                                                     v.signs_after) AS signs
        FROM pro.visit_outlooks AS v JOIN seen AS s ON s.participant_id = v.participant_id
        WHERE v.study_id = study
          AND NOT EXISTS (SELECT FROM unnest(stale.who || stale.rest) AS x (id) WHERE x.id = v.participant_id)
        UNION ALL
        SELECT v.definition, s.site_id, pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within,
                                                     v.signs_after)
        FROM pro.outlooks_of(study, stale.who, stale.untils, items, at) AS v
        JOIN seen AS s ON s.participant_id = v.participant_id WHERE derive
    ),
    placed AS (
        SELECT o.participant_id, o.enrolled FROM pro.participant_outlooks AS o
        WHERE o.study_id = study
          AND NOT EXISTS (SELECT FROM unnest(stale.who || stale.rest) AS x (id) WHERE x.id = o.participant_id)
        UNION ALL
        SELECT d.participant_id, d.enrolled FROM pro.standings_of(study, stale.who, stale.untils, at) AS d WHERE derive
    )
    SELECT g.definition, g.site_id, count(*) FILTER (WHERE g.signs & 2048 <> 0),
           count(*) FILTER (WHERE g.signs & 1024 <> 0), count(*) FILTER (WHERE g.signs & 4096 <> 0),
           count(*) FILTER (WHERE g.signs & 8192 <> 0), NULL::bigint, cardinality(stale.rest)
    FROM told AS g
    GROUP BY g.definition, g.site_id
    UNION ALL
    SELECT NULL, s.site_id, 0, 0, 0, 0, count(*) FILTER (WHERE t.enrolled), cardinality(stale.rest)
    FROM seen AS s JOIN placed AS t ON t.participant_id = s.participant_id GROUP BY s.site_id;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_figures(uuid, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_figures(uuid, uuid, jsonb) TO pro_desk;

-- Everybody is looked at once more, which makes the first outlooks.
UPDATE pro.participant_revisions SET closings_at = '-infinity' WHERE closings_at > '-infinity';
