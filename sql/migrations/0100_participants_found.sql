-- Participants found at the desk, and the figures of all of them: whatever is kept (0099) is read set by set, the rest
-- is derived where it is asked for. These functions show what row-level security would, for they look at
-- `desk_seen` alone; they never say what was answered.

-- What of a visit time does not change any more: its signs, whether something is missing at it, and until when it waits
-- for its window. What is sent, declined, not applicable or scored at a visit to come is the same in all its phases.
CREATE FUNCTION pro.lasting_signs(begins_at timestamptz, closes_at timestamptz, signs_before integer,
                                  signs_within integer, signs_after integer, settled boolean, at timestamptz,
                                  OUT signs integer, OUT behind integer, OUT waits_until timestamptz)
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN settled THEN now.signs ELSE signs_before & 8207 END,
           CASE WHEN settled AND now.signs & 16384 <> 0 THEN 1 ELSE 0 END,
           CASE WHEN NOT settled AND signs_before & 16 <> 0 THEN
               -- What is provisional opens on no date that is known.
               CASE WHEN signs_after & 16 <> 0 THEN 'infinity' ELSE begins_at END END
    FROM (SELECT pro.signs_at(at, begins_at, closes_at, signs_before, signs_within, signs_after) AS signs) AS now
$$;

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
            signs_within = excluded.signs_within, signs_after = excluded.signs_after, asked = excluded.asked,
            sent = excluded.sent, settled = excluded.settled
        WHERE k IS DISTINCT FROM excluded
    ),
    gone AS (
        DELETE FROM pro.visit_outlooks AS k
        WHERE k.study_id = study AND k.participant_id = ANY (stale)
          AND NOT EXISTS (SELECT FROM made AS m
                          WHERE m.participant_id = k.participant_id AND m.visit_id = k.visit_id)
    ),
    placed AS (
        INSERT INTO pro.participant_outlooks AS k
        SELECT study, t.participant_id, r.revision, t.holds_until, t.status, t.enrolled, coalesce(m.signs, 0),
               coalesce(m.behind, 0), coalesce(m.waits_until, '-infinity')
        FROM pro.standings_of(study, stale, untils, at) AS t
        JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = t.participant_id
        LEFT JOIN (SELECT m.participant_id, bit_or(m.signs) AS signs, sum(m.behind) AS behind,
                          max(m.waits_until) AS waits_until
                   FROM (SELECT v.participant_id, x.* FROM made AS v CROSS JOIN LATERAL pro.lasting_signs(
                             v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after, v.settled, at)
                             AS x) AS m
                   GROUP BY m.participant_id) AS m ON m.participant_id = t.participant_id
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

-- Of whom the desk sees, those whose outlook is not kept as they are now: so many as are derived where they are
-- asked for, and the rest. Nobody, where `most` is NULL: nothing is asked that would need it.
CREATE FUNCTION pro.desk_stale(study uuid, sites uuid[], place uuid, at timestamptz, most integer,
                               OUT who uuid[], OUT untils timestamptz[], OUT rest uuid[])
    LANGUAGE sql STABLE AS $$
    WITH stale AS (
        SELECT s.participant_id, s.until, row_number() OVER (ORDER BY s.participant_id) <= most AS chosen
        FROM pro.desk_seen(study, sites, place) AS s
        LEFT JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = s.participant_id
        LEFT JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = s.participant_id
        WHERE most IS NOT NULL
          AND (s.until < 'infinity' OR o.revision IS DISTINCT FROM r.revision OR o.holds_until <= at)
    )
    SELECT coalesce(array_agg(x.participant_id) FILTER (WHERE x.chosen), '{}'),
           coalesce(array_agg(x.until) FILTER (WHERE x.chosen), '{}'),
           coalesce(array_agg(x.participant_id) FILTER (WHERE NOT x.chosen), '{}')
    FROM stale AS x
$$;

-- The signs of visits that tell of those whose own signs (`participant_outlooks`) do not: of what has begun and is not
-- settled, where `begun` is true; of one visit, where it is named; of all, where they are derived. Those with one of
-- the `bits`, unless that is NULL. `skipped` are the stale ones, of whom `stale` are derived.
CREATE FUNCTION pro.desk_signs(study uuid, skipped uuid[], stale uuid[], untils timestamptz[], items jsonb,
                               begun boolean, visit text, bits integer, at timestamptz)
    RETURNS TABLE (participant_id uuid, signs integer)
    LANGUAGE sql STABLE AS $$
    SELECT v.participant_id, v.signs
    FROM (
        SELECT k.participant_id, pro.signs_at(at, k.begins_at, k.closes_at, k.signs_before, k.signs_within,
                                              k.signs_after) AS signs
        FROM pro.visit_outlooks AS k
        WHERE k.study_id = study AND begun AND NOT k.settled AND k.begins_at <= at
        UNION ALL
        SELECT k.participant_id, pro.signs_at(at, k.begins_at, k.closes_at, k.signs_before, k.signs_within,
                                              k.signs_after)
        FROM pro.visit_outlooks AS k
        WHERE k.study_id = study AND k.definition = visit
    ) AS v
    WHERE (bits IS NULL OR v.signs & bits <> 0)
      AND NOT EXISTS (SELECT FROM unnest(skipped) AS x (id) WHERE x.id = v.participant_id)
    UNION ALL
    SELECT o.participant_id, pro.signs_at(at, o.begins_at, o.closes_at, o.signs_before, o.signs_within, o.signs_after)
    FROM pro.outlooks_of(study, stale, untils, items, at) AS o
    WHERE cardinality(stale) > 0 AND (visit IS NULL OR o.definition = visit)
$$;

-- Where participants stand: as it is kept, but for those `skipped`, and derived for those of them who are `stale`.
CREATE FUNCTION pro.desk_standings(study uuid, skipped uuid[], stale uuid[], untils timestamptz[], at timestamptz)
    RETURNS TABLE (participant_id uuid, status text, enrolled boolean, signs integer, behind integer,
                   waits_until timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT o.participant_id, o.status, o.enrolled, o.signs, o.behind, o.waits_until
    FROM pro.participant_outlooks AS o
    WHERE o.study_id = study AND NOT EXISTS (SELECT FROM unnest(skipped) AS x (id) WHERE x.id = o.participant_id)
    UNION ALL
    SELECT d.participant_id, d.status, d.enrolled, 0, 0, '-infinity'
    FROM pro.standings_of(study, stale, untils, at) AS d WHERE cardinality(stale) > 0
$$;

-- A page of the participants the desk sees, narrowed and sorted as is wanted; `total` is of all of them, `unknown`
-- of those of whom it is not known yet whether they belong to them. `sought` is one JSON document: site, code (part of
-- it), codes, language, status, enrolled, visit, states and figure (signs), items; what is null narrows nothing.
CREATE FUNCTION pro.desk_find(study uuid, sought jsonb, sorted text, first integer, most integer)
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
    SELECT * INTO q FROM jsonb_to_record(sought) AS x (site uuid, code text, codes text[], language text, status text,
        enrolled boolean, visit text, states integer, figure integer, items jsonb);
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
        WHERE (q.code IS NULL OR strpos(lower(p.code), lower(q.code)) > 0)
          AND (q.codes IS NULL OR p.code = ANY (q.codes))
          AND (q.language IS NULL OR q.language = (SELECT w.language FROM pro.present_participants AS w
                                                   WHERE w.study_id = study AND w.id = s.participant_id))
          AND (q.status IS NULL OR t.status = q.status) AND (q.enrolled IS NULL OR t.enrolled = q.enrolled)
          AND (q.states IS NULL OR v.signs & q.states <> 0
               OR q.visit IS NULL AND (t.signs & q.states <> 0 OR q.states & 16 <> 0 AND t.waits_until > at))
          AND (q.figure IS NULL OR v.signs & q.figure <> 0 OR q.visit IS NULL AND t.signs & q.figure <> 0)
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

-- The visits of some of them, as they are now: [definition, occurrence, signs, asked, sent] of each.
CREATE FUNCTION pro.desk_rows(study uuid, people uuid[], items jsonb)
    RETURNS TABLE (participant_id uuid, protocol_version_id uuid, status text, visits jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    fresh uuid[];
    stale uuid[];
    untils timestamptz[];
BEGIN
    SELECT array_agg(s.participant_id) FILTER (WHERE s.kept), array_agg(s.participant_id) FILTER (WHERE NOT s.kept),
           array_agg(s.until) FILTER (WHERE NOT s.kept)
    INTO fresh, stale, untils
    FROM (SELECT x.participant_id, x.until,
                 coalesce(x.until = 'infinity' AND o.revision = r.revision AND o.holds_until > at, false) AS kept
          FROM (SELECT ps.participant_id, max(coalesce(ps.valid_to, 'infinity')) AS until
                FROM pro.participant_sites AS ps
                WHERE ps.study_id = study AND ps.participant_id = ANY (people) AND ps.site_id = ANY (sites)
                GROUP BY ps.participant_id) AS x
          LEFT JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = x.participant_id
          LEFT JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = x.participant_id) AS s;
    IF fresh IS NOT NULL THEN
        RETURN QUERY
        SELECT o.participant_id, p.protocol_version_id, o.status,
               (SELECT jsonb_agg(jsonb_build_array(v.definition, v.occurrence, pro.signs_at(at, v.begins_at,
                    v.closes_at, v.signs_before, v.signs_within, v.signs_after), v.asked, v.sent)
                    ORDER BY v.occurrence, v.visit_id)
                FROM pro.visit_outlooks AS v WHERE v.study_id = study AND v.participant_id = o.participant_id)
        FROM pro.participant_outlooks AS o
        JOIN pro.participants AS p ON p.study_id = study AND p.id = o.participant_id
        WHERE o.study_id = study AND o.participant_id = ANY (fresh);
    END IF;
    IF stale IS NOT NULL THEN
        RETURN QUERY
        WITH visited AS (
            SELECT v.participant_id, jsonb_agg(jsonb_build_array(v.definition, v.occurrence, pro.signs_at(at,
                       v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after), v.asked, v.sent)
                       ORDER BY v.occurrence, v.visit_id) AS visits
            FROM pro.outlooks_of(study, stale, untils, items, at) AS v GROUP BY v.participant_id
        )
        SELECT t.participant_id, p.protocol_version_id, t.status, v.visits
        FROM pro.standings_of(study, stale, untils, at) AS t
        JOIN pro.participants AS p ON p.study_id = study AND p.id = t.participant_id
        LEFT JOIN visited AS v ON v.participant_id = t.participant_id;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_rows(uuid, uuid[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_rows(uuid, uuid[], jsonb) TO pro_desk;

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
BEGIN
    SELECT * INTO stale FROM pro.desk_stale(study, sites, place, at, 2000);
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
        JOIN seen AS s ON s.participant_id = v.participant_id WHERE cardinality(stale.who) > 0
    )
    SELECT g.definition, g.site_id, count(*) FILTER (WHERE g.signs & 2048 <> 0),
           count(*) FILTER (WHERE g.signs & 1024 <> 0), count(*) FILTER (WHERE g.signs & 4096 <> 0),
           count(*) FILTER (WHERE g.signs & 8192 <> 0), NULL::bigint, cardinality(stale.rest)
    FROM told AS g
    GROUP BY g.definition, g.site_id
    UNION ALL
    SELECT NULL, s.site_id, 0, 0, 0, 0, count(*) FILTER (WHERE t.enrolled), cardinality(stale.rest)
    FROM seen AS s
    JOIN pro.desk_standings(study, stale.who || stale.rest, stale.who, stale.untils, at) AS t
      ON t.participant_id = s.participant_id
    GROUP BY s.site_id;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_figures(uuid, uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_figures(uuid, uuid, jsonb) TO pro_desk;

-- Everybody is looked at once more, which makes the first outlooks.
UPDATE pro.participant_revisions SET closings_at = '-infinity' WHERE closings_at > '-infinity';
