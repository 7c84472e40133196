-- Who fell silent is kept with what else time alone does not change (0099): how many visits in a row passed without a
-- word, since when, and when the participant was last heard. It is derived where a revision is not kept, or a visit has
-- closed since, as before; so Today looks at those who may be out of reach, and not at everybody at the site.
ALTER TABLE pro.participant_outlooks
    ADD COLUMN silent integer,
    ADD COLUMN silent_since timestamptz,
    ADD COLUMN heard_at timestamptz,
    ADD COLUMN closes_next timestamptz;
COMMENT ON COLUMN pro.participant_outlooks.silent IS
    'Of the last ten visits that are over, how many passed without a word, the latest first; NULL: not kept yet.';
COMMENT ON COLUMN pro.participant_outlooks.closes_next IS 'When the next visit closes: silence is kept until then.';
GRANT UPDATE (silent, silent_since, heard_at, closes_next) ON pro.participant_outlooks TO pro_worker;
CREATE INDEX outlooks_silent ON pro.participant_outlooks (study_id) WHERE silent > 0;
-- Open visits at which something was begun: few, however many are open.
CREATE INDEX outlooks_in_hand ON pro.visit_outlooks (study_id, begins_at)
    WHERE NOT settled AND signs_within & 192 <> 0;

-- Contacts as they were, too: since when nobody has one is asked for.
CREATE INDEX contacts_of_participant ON pro.contact_points (study_id, participant_id);

-- When somebody last began or sent something.
CREATE FUNCTION pro.last_heard(study uuid, participant uuid) RETURNS TABLE (heard_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT max(greatest(t.started_at, t.submitted_at)) FROM pro.assessments AS a
    JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = a.id
    WHERE a.study_id = study AND a.participant_id = participant
$$;

-- The silence of some participants at an instant, and until when it is so if nothing is written.
CREATE FUNCTION pro.silences_of(study uuid, who uuid[], at timestamptz)
    RETURNS TABLE (participant_id uuid, visits integer, since timestamptz, heard_at timestamptz,
                   closes_next timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT w.id, coalesce(s.visits, 0)::integer, s.since, h.heard_at,
           coalesce((SELECT min(v.closes_at) FROM pro.visits AS v
                     WHERE v.study_id = study AND v.participant_id = w.id AND v.superseded_at IS NULL
                       AND NOT v.provisional AND v.closes_at > at), 'infinity')
    FROM unnest(who) AS w (id)
    CROSS JOIN LATERAL pro.silent_visits(study, w.id, at) AS s
    CROSS JOIN LATERAL pro.last_heard(study, w.id) AS h
$$;

-- As before (0100), and silence with it.
CREATE OR REPLACE FUNCTION pro.refresh_outlooks(study uuid, who uuid[], items jsonb) RETURNS integer
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
      AND (o.revision IS DISTINCT FROM r.revision OR o.holds_until <= at OR o.silent IS NULL OR o.closes_next <= at
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
    lasting AS (
        SELECT m.participant_id, bit_or(m.signs) AS signs, sum(m.behind) AS behind, max(m.waits_until) AS waits_until
        FROM (SELECT v.participant_id, x.* FROM made AS v CROSS JOIN LATERAL pro.lasting_signs(
                  v.begins_at, v.closes_at, v.signs_before, v.signs_within, v.signs_after, v.settled, at) AS x) AS m
        GROUP BY m.participant_id
    ),
    placed AS (
        INSERT INTO pro.participant_outlooks AS k
        SELECT study, t.participant_id, r.revision, t.holds_until, t.status, t.enrolled, coalesce(m.signs, 0),
               coalesce(m.behind, 0), coalesce(m.waits_until, '-infinity'), s.visits, s.since, s.heard_at, s.closes_next
        FROM pro.standings_of(study, stale, untils, at) AS t
        JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = t.participant_id
        JOIN pro.silences_of(study, stale, at) AS s ON s.participant_id = t.participant_id
        LEFT JOIN lasting AS m ON m.participant_id = t.participant_id
        ON CONFLICT (study_id, participant_id) DO UPDATE
        SET revision = excluded.revision, holds_until = excluded.holds_until, status = excluded.status,
            enrolled = excluded.enrolled, signs = excluded.signs, behind = excluded.behind,
            waits_until = excluded.waits_until, silent = excluded.silent, silent_since = excluded.silent_since,
            heard_at = excluded.heard_at, closes_next = excluded.closes_next
        RETURNING 1
    )
    SELECT count(*) INTO refreshed FROM placed;
    RETURN refreshed;
END
$$;

-- Who of those now at a site of whoever asks is not kept as they are now.
CREATE FUNCTION pro.desk_unkept(study uuid, at timestamptz, sites uuid[]) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT ps.participant_id FROM pro.participant_sites AS ps
    JOIN pro.participant_revisions AS r ON r.study_id = study AND r.participant_id = ps.participant_id
    LEFT JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = ps.participant_id
    WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
      AND (o.revision IS DISTINCT FROM r.revision OR o.silent IS NULL OR o.closes_next <= at)
$$;

-- As before (0074), but visits are counted only of those who are not kept: who is silent is looked up. Of who is
-- nothing but silent, and was heard since, no more is read; nor are their contacts, which silence nothing.
CREATE OR REPLACE FUNCTION pro.desk_unreached(study uuid)
    RETURNS TABLE (id uuid, code text, protocol_version_id uuid, site_id uuid, contacts json, consent json,
                   alone_since timestamptz, failed_texts bigint, failed_since timestamptz,
                   silent_visits bigint, silent_since timestamptz, last_answer_at timestamptz,
                   statuses json, died_at timestamptz, now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH clock AS MATERIALIZED (SELECT pro.now() AS now),
    unkept AS MATERIALIZED (
        SELECT u.id FROM clock AS c CROSS JOIN LATERAL pro.desk_unkept(study, c.now, pro.visible_site_ids()) AS u
    ),
    silent AS (
        SELECT o.participant_id AS id, o.silent AS visits, o.silent_since AS since, o.heard_at
        FROM pro.participant_outlooks AS o
        WHERE o.study_id = study AND o.silent > 0 AND NOT EXISTS (SELECT FROM unkept AS u WHERE u.id = o.participant_id)
        UNION ALL
        SELECT s.participant_id, s.visits, s.since, s.heard_at
        FROM clock AS c
        CROSS JOIN LATERAL pro.silences_of(study, ARRAY(SELECT u.id FROM unkept AS u), c.now) AS s WHERE s.visits > 0
    ),
    muted AS (
        SELECT m.id, max(m.texts) AS texts, max(m.since) AS since
        FROM (SELECT f.id, f.texts, f.since FROM pro.texts_in_a_row_lost(study) AS f
              UNION ALL
              SELECT r.id, 0, NULL FROM pro.participants_resting(study) AS r) AS m
        GROUP BY m.id
    ),
    suspected AS MATERIALIZED (
        SELECT coalesce(m.id, s.id) AS id, m.id IS NOT NULL AS muted, coalesce(m.texts, 0) AS texts,
               m.since AS failed_since, coalesce(s.visits, 0) AS visits, s.since, s.heard_at
        FROM muted AS m FULL JOIN silent AS s ON s.id = m.id
        WHERE m.id IS NOT NULL OR s.heard_at IS NULL OR s.heard_at < s.since
    )
    SELECT p.id, p.code, p.protocol_version_id, ps.site_id,
           CASE WHEN x.muted THEN pro.contacts_silenced(study, p.id) ELSE '[]' END,
           CASE WHEN x.muted THEN (SELECT to_json(k) FROM pro.present_consent(study, p.id) AS k) END,
           coalesce((SELECT max(c.valid_to) FROM pro.contact_points AS c
                     WHERE c.study_id = study AND c.participant_id = p.id AND x.muted), ps.valid_from),
           x.texts, x.failed_since,
           CASE WHEN x.visits >= coalesce((w.document #>> '{calls,silent_visits}')::integer, 2) THEN x.visits ELSE 0 END,
           x.since, CASE WHEN EXISTS (SELECT FROM unkept AS u WHERE u.id = p.id)
                         THEN (SELECT h.heard_at FROM pro.last_heard(study, p.id) AS h) ELSE k.heard_at END,
           (SELECT coalesce(json_agg(json_build_object('status', y.status, 'effective_at', y.effective_at)
                                     ORDER BY y.id), '[]')
            FROM pro.statuses AS y WHERE y.study_id = study AND y.participant_id = p.id),
           (SELECT e.occurred_at FROM pro.latest_events(study, p.id) AS e WHERE e.kind = 'death' LIMIT 1), c.now
    FROM suspected AS x
    CROSS JOIN clock AS c
    JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = x.id AND ps.valid_to IS NULL
                                    AND ps.site_id = ANY (pro.visible_site_ids())
    JOIN pro.participants AS p ON p.study_id = study AND p.id = x.id
    JOIN pro.protocol_versions AS w ON w.study_id = study AND w.id = p.protocol_version_id
    LEFT JOIN pro.participant_outlooks AS k ON k.study_id = study AND k.participant_id = p.id
    WHERE x.muted OR x.visits >= coalesce((w.document #>> '{calls,silent_visits}')::integer, 2)
$$;

-- As before (0096), but begun visits are looked up where they are kept, and only the soonest to close are read.
CREATE OR REPLACE FUNCTION pro.desk_begun(study uuid, most integer)
    RETURNS TABLE (code text, protocol_version_id uuid, site_id uuid, zone text, visit_id uuid, definition text,
                   occurrence integer, provisional boolean, opens_at timestamptz, closes_at timestamptz,
                   owed jsonb, last_answer_at timestamptz, statuses json, died_at timestamptz, now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH clock AS MATERIALIZED (SELECT pro.now() AS now),
    begun AS (
        SELECT k.visit_id FROM pro.visit_outlooks AS k
        WHERE k.study_id = study AND NOT k.settled AND k.signs_within & 192 <> 0
          AND k.begins_at <= (SELECT c.now FROM clock AS c)
        UNION
        SELECT a.visit_id
        FROM clock AS c
        CROSS JOIN LATERAL pro.desk_unkept(study, c.now, pro.visible_site_ids()) AS u
        JOIN pro.attempts AS t ON t.study_id = study AND t.participant_id = u.id AND t.submitted_at IS NULL
        JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id
                                 AND a.submitted_at IS NULL AND a.declined_at IS NULL
    ),
    open AS MATERIALIZED (
        SELECT v.id, v.participant_id, v.definition, v.occurrence, v.provisional, v.opens_at, v.closes_at,
               p.code, p.protocol_version_id, p.zone, ps.site_id, c.now
        FROM begun AS b
        CROSS JOIN clock AS c
        -- Looked up one by one: the planner takes all visits to come for few.
        CROSS JOIN LATERAL (SELECT x.* FROM pro.visits AS x WHERE x.study_id = study AND x.id = b.visit_id LIMIT 1) AS v
        JOIN pro.participants AS p ON p.study_id = study AND p.id = v.participant_id
        JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = p.id AND ps.valid_to IS NULL
                                        AND ps.site_id = ANY (pro.visible_site_ids())
        WHERE v.superseded_at IS NULL AND NOT v.provisional AND v.opens_at <= c.now
          AND (v.closes_at IS NULL OR v.closes_at > c.now)
        ORDER BY v.closes_at NULLS LAST, p.code LIMIT most
    ),
    answered AS (
        SELECT o.id, max(u.last_answer_at) AS last_answer_at,
               jsonb_agg(jsonb_build_object('instrument', a.instrument, 'target', a.target,
                   'answered', coalesce(u.answered, 0), 'settled', coalesce(u.settled, 0)) ORDER BY a.id) AS owed
        FROM open AS o
        JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = o.id
                                 AND a.submitted_at IS NULL AND a.declined_at IS NULL
        LEFT JOIN pro.standing_sittings AS c
          ON c.study_id = study AND c.assessment_id = a.id AND c.closes_at = o.closes_at
        LEFT JOIN LATERAL pro.held_unsent(study, a.id, c.attempt_id) AS u ON true
        GROUP BY o.id
        HAVING max(u.answered) > 0
    )
    SELECT o.code, o.protocol_version_id, o.site_id, o.zone, o.id, o.definition, o.occurrence, o.provisional,
           o.opens_at, o.closes_at, a.owed, a.last_answer_at,
           (SELECT coalesce(json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at)
                                     ORDER BY x.id), '[]')
            FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = o.participant_id),
           (SELECT e.occurred_at FROM pro.latest_events(study, o.participant_id) AS e WHERE e.kind = 'death' LIMIT 1),
           o.now
    FROM answered AS a
    JOIN open AS o ON o.id = a.id
    ORDER BY o.closes_at NULLS LAST, o.code
$$;

-- Everybody is looked at once more, which keeps their silence.
UPDATE pro.participant_revisions SET closings_at = '-infinity' WHERE closings_at > '-infinity';
