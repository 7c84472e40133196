-- Whose visits wait for a signature is looked for in bands of what closed, the earliest first, each four times as wide as the
-- one before, and no visit is looked at twice. The first of a study are mostly of other sites than one's own: where they were,
-- everything that ever closed was looked through (0372), a quarter of a million pages in a study of 100,000.
-- Of those who wait equally long, who was enrolled first comes first.
CREATE OR REPLACE FUNCTION pro.desk_first_to_sign(study uuid, sites uuid[], most integer)
    RETURNS TABLE (participant_id uuid, code text, site_id uuid, visits bigint, since timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 200 AS $$
#variable_conflict use_column
DECLARE
    seen CONSTANT uuid[] := ARRAY(SELECT unnest(sites) INTERSECT SELECT unnest(pro.visible_site_ids()));
    width integer := most;
    after timestamptz := '-infinity';
    latest timestamptz;
    who uuid[] := '{}';
BEGIN
    LOOP
        latest := coalesce((
            SELECT v.closes_at FROM pro.visits AS v
            WHERE v.study_id = study AND v.superseded_at IS NULL AND NOT v.provisional
              AND (v.chosen_for = v.closes_at) IS TRUE AND v.closes_at > after
            ORDER BY v.closes_at OFFSET width LIMIT 1), 'infinity');
        who := who || ARRAY(
            SELECT w.participant_id FROM pro.visits_to_sign(study, seen) AS w
            WHERE w.closes_at > after AND w.closes_at <= latest AND w.participant_id <> ALL (who)
            GROUP BY w.participant_id ORDER BY min(w.closes_at), w.participant_id LIMIT most - cardinality(who));
        EXIT WHEN cardinality(who) = most OR latest = 'infinity';
        after := latest;
        width := least(width, 100000000) * 4;
    END LOOP;
    RETURN QUERY
    SELECT w.participant_id, p.code, w.site_id, w.visits, w.since
    FROM (SELECT t.participant_id, t.site_id, count(*) AS visits, min(t.closes_at) AS since
          FROM pro.visits_to_sign(study, seen) AS t WHERE t.participant_id = ANY (who)
          GROUP BY t.participant_id, t.site_id) AS w
    JOIN pro.participants AS p ON p.study_id = study AND p.id = w.participant_id;
END
$$;
