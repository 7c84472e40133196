-- What the two figures are made of is kept for visits that are settled, site by site: time changes none of it any more.
-- Of the others, few at any time, it is told when it is asked for; and so it is of whoever is not kept as they are now.
ALTER TABLE pro.visit_outlooks ADD COLUMN helped boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pro.visit_outlooks.helped IS 'Whether something of it was answered with help.';
ALTER TABLE pro.participant_outlooks ADD COLUMN counted_at uuid;
COMMENT ON COLUMN pro.participant_outlooks.counted_at IS
    'The site at which their settled visits are counted (`figure_counts`): the present one when they were kept.';
GRANT UPDATE (helped) ON pro.visit_outlooks TO pro_worker;
GRANT UPDATE (counted_at) ON pro.participant_outlooks TO pro_worker;
-- Visits to come that are scored already.
CREATE INDEX outlooks_scored_before ON pro.visit_outlooks (study_id) WHERE NOT settled AND signs_before & 8192 <> 0;

CREATE TABLE pro.figure_counts (
    study_id uuid NOT NULL,
    site_id uuid NOT NULL,
    definition text NOT NULL,
    completed_in_window bigint NOT NULL,
    helped bigint NOT NULL,
    expected_and_closed bigint NOT NULL,
    unsent bigint NOT NULL,
    scorable bigint NOT NULL,
    PRIMARY KEY (study_id, site_id, definition),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id)
);
COMMENT ON TABLE pro.figure_counts IS
    'Derived, and emptied with them: the settled visits that are kept (`visit_outlooks`), counted.';
GRANT SELECT, INSERT ON pro.figure_counts TO pro_worker;
GRANT UPDATE (completed_in_window, helped, expected_and_closed, unsent, scorable) ON pro.figure_counts TO pro_worker;

-- Count the settled visits of some participants as they are kept now, or count them no more: `times` is 1 or -1.
CREATE FUNCTION pro.count_settled(study uuid, who uuid[], times integer) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pro.figure_counts AS c
    SELECT study, o.counted_at, k.definition, times * count(*) FILTER (WHERE k.signs_after & 2048 <> 0),
           times * count(*) FILTER (WHERE k.signs_after & 2048 <> 0 AND k.helped),
           times * count(*) FILTER (WHERE k.signs_after & 1024 <> 0),
           times * count(*) FILTER (WHERE k.signs_after & 4096 <> 0),
           times * count(*) FILTER (WHERE k.signs_after & 8192 <> 0)
    FROM pro.participant_outlooks AS o
    JOIN pro.visit_outlooks AS k ON k.study_id = study AND k.participant_id = o.participant_id AND k.settled
    WHERE o.study_id = study AND o.participant_id = ANY (who) AND o.counted_at IS NOT NULL
    GROUP BY o.counted_at, k.definition
    ON CONFLICT (study_id, site_id, definition) DO UPDATE
    SET completed_in_window = c.completed_in_window + excluded.completed_in_window, helped = c.helped + excluded.helped,
        expected_and_closed = c.expected_and_closed + excluded.expected_and_closed,
        unsent = c.unsent + excluded.unsent, scorable = c.scorable + excluded.scorable
$$;
REVOKE ALL ON FUNCTION pro.count_settled(uuid, uuid[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.count_settled(uuid, uuid[], integer) TO pro_worker;

-- As before (0131), of everybody or of some.
DROP FUNCTION pro.helped_assessments(uuid);
CREATE FUNCTION pro.helped_assessments(study uuid, who uuid[] DEFAULT NULL)
    RETURNS TABLE (assessment_id uuid, visit_id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT a.id, a.visit_id
    FROM (SELECT DISTINCT t.assessment_id FROM pro.attempts AS t
          WHERE t.study_id = study AND t.submitted_at IS NOT NULL AND pro.with_help(t.mode, t.respondent)
            AND (who IS NULL OR t.participant_id = ANY (who))) AS h
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

-- Whose outlook, of these participants', is to be made anew.
CREATE FUNCTION pro.outdated_outlooks(study uuid, who uuid[], at timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE AS $$
    SELECT r.participant_id FROM pro.participant_revisions AS r
    LEFT JOIN pro.participant_outlooks AS o ON o.study_id = r.study_id AND o.participant_id = r.participant_id
    WHERE r.study_id = study AND r.participant_id = ANY (who)
      AND (o.revision IS DISTINCT FROM r.revision OR o.holds_until <= at OR o.silent IS NULL OR o.closes_next <= at
           OR EXISTS (SELECT FROM pro.visit_outlooks AS v
                      WHERE v.study_id = study AND v.participant_id = r.participant_id AND NOT v.settled
                        AND v.closes_at <= at))
$$;

-- As before (0147), and counted anew.
CREATE OR REPLACE FUNCTION pro.refresh_outlooks(study uuid, who uuid[], items jsonb) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := pro.now();
    stale uuid[];
    untils timestamptz[];
    refreshed integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7099, hashtext(study::text));
    SELECT array_agg(o.id), array_agg('infinity'::timestamptz) INTO stale, untils
    FROM pro.outdated_outlooks(study, who, at) AS o (id);
    IF stale IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM pro.count_settled(study, stale, -1);
    WITH made AS MATERIALIZED (SELECT * FROM pro.outlooks_of(study, stale, untils, items, at)),
    stored AS (
        INSERT INTO pro.visit_outlooks AS k
        SELECT study, m.*, m.visit_id IN (SELECT h.visit_id FROM pro.helped_assessments(study, stale) AS h)
        FROM made AS m
        ON CONFLICT (study_id, participant_id, visit_id) DO UPDATE
        SET begins_at = excluded.begins_at, closes_at = excluded.closes_at, signs_before = excluded.signs_before,
            signs_within = excluded.signs_within, signs_after = excluded.signs_after, asked = excluded.asked,
            sent = excluded.sent, settled = excluded.settled, helped = excluded.helped
        WHERE k IS DISTINCT FROM excluded
    ),
    gone AS (
        DELETE FROM pro.visit_outlooks AS k
        WHERE k.study_id = study AND k.participant_id = ANY (stale)
          AND NOT EXISTS (SELECT FROM made AS m
                          WHERE m.participant_id = k.participant_id AND m.visit_id = k.visit_id)
    ),
    lasting AS (
        SELECT m.participant_id, bit_or(m.signs) AS signs, sum(m.behind) AS behind, max(m.waits_until) AS waits_until
        FROM (SELECT v.participant_id, x.* FROM made AS v CROSS JOIN LATERAL pro.lasting_signs(
                  v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after, v.settled, at) AS x) AS m
        GROUP BY m.participant_id
    ),
    placed AS (
        INSERT INTO pro.participant_outlooks AS k
        SELECT study, t.participant_id, r.revision, t.holds_until, t.status, t.enrolled, coalesce(m.signs, 0),
               coalesce(m.behind, 0), coalesce(m.waits_until, '-infinity'), s.visits, s.since, s.heard_at,
               s.closes_next, (SELECT p.site_id FROM pro.participant_sites AS p
                WHERE p.study_id = study AND p.participant_id = t.participant_id AND p.valid_to IS NULL)
        FROM pro.standings_of(study, stale, untils, at) AS t
        JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = t.participant_id
        JOIN pro.silences_of(study, stale, at) AS s ON s.participant_id = t.participant_id
        LEFT JOIN lasting AS m ON m.participant_id = t.participant_id
        ON CONFLICT (study_id, participant_id) DO UPDATE
        SET revision = excluded.revision, holds_until = excluded.holds_until, status = excluded.status,
            enrolled = excluded.enrolled, signs = excluded.signs, behind = excluded.behind,
            waits_until = excluded.waits_until, silent = excluded.silent, silent_since = excluded.silent_since,
            heard_at = excluded.heard_at, closes_next = excluded.closes_next, counted_at = excluded.counted_at
        RETURNING 1
    )
    SELECT count(*) INTO refreshed FROM placed;
    PERFORM pro.count_settled(study, stale, 1);
    RETURN refreshed;
END
$$;

-- What the figures are made of besides the settled visits that are counted: of those the desk sees the kept visits that
-- are not settled, all visits of those who are `stale`, and, `times` -1, the counted ones of whoever changed since.
CREATE FUNCTION pro.figures_besides(study uuid, sites uuid[], place uuid, skipped uuid[], stale uuid[],
                                    untils timestamptz[], items jsonb, at timestamptz)
    RETURNS TABLE (definition text, site_id uuid, signs integer, helped boolean, times integer)
    LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (SELECT * FROM pro.desk_seen(study, sites, place))
    SELECT k.definition, s.site_id,
           pro.signs_at(at, k.begins_at, k.closes_at, k.signs_before, k.signs_within, k.signs_after), k.helped, 1
    FROM pro.visit_outlooks AS k JOIN seen AS s ON s.participant_id = k.participant_id
    WHERE k.study_id = study AND NOT k.settled AND (k.begins_at <= at OR k.signs_before & 8192 <> 0)
      AND NOT EXISTS (SELECT FROM unnest(skipped) AS x (id) WHERE x.id = k.participant_id)
    UNION ALL
    SELECT v.definition, s.site_id,
           pro.signs_at(at, v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after),
           v.visit_id IN (SELECT h.visit_id FROM pro.helped_assessments(study, stale) AS h), 1
    FROM pro.outlooks_of(study, stale, untils, items, at) AS v JOIN seen AS s ON s.participant_id = v.participant_id
    WHERE cardinality(stale) > 0
    UNION ALL
    SELECT k.definition, o.counted_at, k.signs_after, k.helped, -1
    FROM pro.participant_outlooks AS o
    LEFT JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = o.participant_id
    LEFT JOIN pro.participant_sites AS p ON p.study_id = study AND p.participant_id = o.participant_id
                                        AND p.valid_to IS NULL
    JOIN pro.visit_outlooks AS k ON k.study_id = study AND k.participant_id = o.participant_id AND k.settled
    WHERE o.study_id = study AND o.counted_at = ANY (sites) AND (place IS NULL OR o.counted_at = place)
      AND (o.revision IS DISTINCT FROM r.revision OR o.holds_until <= at OR p.site_id IS DISTINCT FROM o.counted_at)
$$;

-- As before (0131), from what is counted and what comes to it.
CREATE OR REPLACE FUNCTION pro.desk_figures(study uuid, place uuid, items jsonb)
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
    WITH counted AS (
        SELECT c.definition, c.site_id, c.completed_in_window, c.helped, c.expected_and_closed, c.unsent, c.scorable
        FROM pro.figure_counts AS c
        WHERE c.study_id = study AND c.site_id = ANY (sites) AND (place IS NULL OR c.site_id = place)
        UNION ALL
        SELECT b.definition, b.site_id, sum(b.times) FILTER (WHERE b.signs & 2048 <> 0),
               sum(b.times) FILTER (WHERE b.signs & 2048 <> 0 AND b.helped),
               sum(b.times) FILTER (WHERE b.signs & 1024 <> 0), sum(b.times) FILTER (WHERE b.signs & 4096 <> 0),
               sum(b.times) FILTER (WHERE b.signs & 8192 <> 0)
        FROM pro.figures_besides(study, sites, place, stale.who || stale.rest, stale.who, stale.untils, items, at) AS b
        GROUP BY b.definition, b.site_id
    )
    SELECT c.definition, c.site_id, coalesce(sum(c.completed_in_window), 0)::bigint, coalesce(sum(c.helped), 0)::bigint,
           coalesce(sum(c.expected_and_closed), 0)::bigint, coalesce(sum(c.unsent), 0)::bigint,
           coalesce(sum(c.scorable), 0)::bigint, NULL::bigint, cardinality(stale.rest)
    FROM counted AS c GROUP BY c.definition, c.site_id
    UNION ALL
    SELECT NULL, s.site_id, 0, 0, 0, 0, 0, count(*) FILTER (WHERE t.enrolled), cardinality(stale.rest)
    FROM pro.desk_seen(study, sites, place) AS s
    JOIN pro.desk_standings(study, stale.who || stale.rest, stale.who, stale.untils, at) AS t
      ON t.participant_id = s.participant_id
    GROUP BY s.site_id;
END
$$;

-- What is kept already is counted.
UPDATE pro.participant_outlooks AS o SET counted_at = p.site_id
FROM pro.participant_sites AS p
WHERE p.study_id = o.study_id AND p.participant_id = o.participant_id AND p.valid_to IS NULL;
UPDATE pro.visit_outlooks AS k SET helped = true
FROM pro.studies AS y CROSS JOIN LATERAL pro.helped_assessments(y.id) AS h
WHERE k.study_id = y.id AND k.visit_id = h.visit_id;
SELECT pro.count_settled(y.id, (SELECT array_agg(o.participant_id) FROM pro.participant_outlooks AS o
                                WHERE o.study_id = y.id), 1)
FROM pro.studies AS y;
