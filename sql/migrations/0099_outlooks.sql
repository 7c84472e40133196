-- The list of participants at size: who is in a state is found set by set, in the database, for thousands of
-- participants at once. Kept is what time alone does not change: for each visit the states of what it asks before
-- its window opens, in it and after it, as they would be if nothing more were written. The time of asking picks one of
-- the three. What was kept at another revision of the participant is derived anew where it is asked for, so that
-- nothing shown is ever older than what is stored.

-- States are bits, in the order of AssessmentState (pro_service/domain/study/assessments.py): completed 1, late 2,
-- declined 4, not_applicable 8, not_yet_due 16, due 32, started 64, unsent 128, missed 256, partial 512. Beside them
-- stand what a visit is counted as: expected_and_closed 1024, completed_in_window 2048, unsent of these 4096, scorable
-- 8192, and what the desk sorts by: behind 16384 (closed, and something is missing), owing 32768 (open, likewise).
CREATE FUNCTION pro.visit_signs(states integer, counted boolean, closed boolean, scorable boolean) RETURNS integer
    LANGUAGE sql IMMUTABLE AS $$
    SELECT states
         | CASE WHEN counted AND closed AND states & ~24 <> 0 THEN 1024 ELSE 0 END
         | CASE WHEN counted AND closed AND states = 1 THEN 2048 ELSE 0 END
         | CASE WHEN counted AND closed AND states & 128 <> 0 AND states & ~129 = 0 THEN 4096 ELSE 0 END
         | CASE WHEN counted AND scorable THEN 8192 ELSE 0 END
         | CASE WHEN counted AND closed AND states & 896 <> 0 THEN 16384 ELSE 0 END
         | CASE WHEN NOT closed AND states & 224 <> 0 THEN 32768 ELSE 0 END
$$;

CREATE TABLE pro.participant_outlooks (
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    revision bigint NOT NULL,
    holds_until timestamptz NOT NULL,
    status text,
    enrolled boolean NOT NULL,
    signs integer NOT NULL,
    behind integer NOT NULL,
    waits_until timestamptz NOT NULL,
    PRIMARY KEY (study_id, participant_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON TABLE pro.participant_outlooks IS
    'Derived, and made again at any time: where a participant stands, as of a revision, until a status takes effect.';
COMMENT ON COLUMN pro.participant_outlooks.signs IS
    'Of all settled visits together, and what is settled already of the others: time changes none of it.';
COMMENT ON COLUMN pro.participant_outlooks.behind IS 'At how many settled visits something is missing.';
COMMENT ON COLUMN pro.participant_outlooks.waits_until IS 'When the last visit opens that asks something.';
CREATE TABLE pro.visit_outlooks (
    study_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    definition text NOT NULL,
    occurrence integer NOT NULL,
    begins_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    signs_before integer NOT NULL,
    signs_within integer NOT NULL,
    signs_after integer NOT NULL,
    asked integer NOT NULL,
    sent integer NOT NULL,
    settled boolean NOT NULL,
    PRIMARY KEY (study_id, participant_id, visit_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON COLUMN pro.visit_outlooks.begins_at IS
    'When the window opens; while it is provisional, which it never does, when it closes.';
COMMENT ON COLUMN pro.visit_outlooks.sent IS 'How many of what is asked were sent in, late ones included.';
COMMENT ON COLUMN pro.visit_outlooks.settled IS
    'It had closed, or asking had ended in it, when this was kept: time changes nothing any more.';
-- Of what is not settled, what has begun: few visits of anybody.
CREATE INDEX outlooks_begun ON pro.visit_outlooks (study_id, begins_at) WHERE NOT settled;
CREATE FUNCTION pro.signs_at(at timestamptz, begins_at timestamptz, closes_at timestamptz, signs_before integer,
                             signs_within integer, signs_after integer) RETURNS integer
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN at >= closes_at THEN signs_after WHEN at >= begins_at THEN signs_within ELSE signs_before END
$$;
GRANT SELECT, INSERT, DELETE ON pro.participant_outlooks, pro.visit_outlooks TO pro_worker;
GRANT UPDATE (revision, holds_until, status, enrolled, signs, behind, waits_until)
    ON pro.participant_outlooks TO pro_worker;
GRANT UPDATE (begins_at, closes_at, signs_before, signs_within, signs_after, asked, sent, settled)
    ON pro.visit_outlooks TO pro_worker;

-- How far each assessment has come, as far as its state depends on it: never what was answered. The body is that of
-- `desk_progress` (0064), which asks here from now on.
CREATE FUNCTION pro.progress_of(study uuid, wanted uuid[])
    RETURNS TABLE (participant_id uuid, visit_id uuid, recorded_at timestamptz, assessment_id uuid, instrument text,
                   declined_at timestamptz, begun boolean, answered boolean, settled integer, scorable boolean,
                   sent_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT a.participant_id, a.visit_id, a.recorded_at, a.id, a.instrument, a.declined_at,
           EXISTS (SELECT FROM pro.attempts AS t WHERE t.study_id = a.study_id AND t.assessment_id = a.id),
           coalesce(held.answered, 0) > 0,
           CASE WHEN held.answered > 0 THEN held.settled ELSE 0 END,
           a.submitted_at IS NOT NULL AND EXISTS (
               SELECT FROM pro.attempts AS t
               WHERE t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at IS NOT NULL
                 AND (c.attempt_id IS NULL OR c.attempt_id = t.id)
                 AND NOT EXISTS (
                     SELECT FROM pro.standing_scores(a.study_id) AS s
                     WHERE s.assessment_id = a.id AND s.attempt_id = t.id AND s.basis = 'complete'
                       AND s.raw IS NULL)),
           CASE WHEN NOT p.passed_over THEN a.submitted_at END
    FROM pro.assessments AS a
    JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
    LEFT JOIN pro.standing_sittings AS c
      ON c.study_id = a.study_id AND c.assessment_id = a.id AND c.closes_at = v.closes_at
    CROSS JOIN LATERAL pro.passed_over(a.study_id, a.id, a.submitted_at, v.closes_at) AS p
    -- What was sent in is in no state that depends on its answers; what it was passed over for is. Of several
    -- the chosen one tells, else the one with most answered, as R3 has it.
    LEFT JOIN LATERAL (
        SELECT h.answered, h.settled FROM pro.attempts AS t
        CROSS JOIN LATERAL (
            SELECT count(r.value)::integer AS answered, count(*)::integer AS settled
            FROM pro.sitting_answers(t.study_id, t.id) AS r) AS h
        WHERE t.study_id = a.study_id AND t.assessment_id = a.id AND t.submitted_at IS NULL
        ORDER BY (c.attempt_id = t.id) DESC NULLS LAST, h.answered DESC, h.settled DESC LIMIT 1
    ) AS held ON a.submitted_at IS NULL OR p.passed_over
    WHERE a.study_id = study AND a.participant_id = ANY (wanted)
$$;
CREATE OR REPLACE FUNCTION pro.desk_progress(study uuid, wanted uuid[])
    RETURNS TABLE (assessment_id uuid, begun boolean, answered boolean, settled integer, scorable boolean,
                   sent_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.assessment_id, p.begun, p.answered, p.settled, p.scorable, p.sent_at
    FROM pro.progress_of(study, wanted) AS p
    WHERE pro.desk_may_see(study, p.participant_id, p.recorded_at)
$$;

-- Whom the desk sees: everybody now at a site of the reader's, and who was at one, as they were until they left.
-- The same as `desk_may_see` (0006) and `site_seen` (0023) say of one row, for all at once; `sites` are
-- `visible_site_ids()`, handed over so that the planner knows how many they are; `place` leaves those seen at one of them.
CREATE INDEX sites_left ON pro.participant_sites (study_id, site_id, participant_id) WHERE valid_to IS NOT NULL;
CREATE FUNCTION pro.desk_seen(study uuid, sites uuid[], place uuid)
    RETURNS TABLE (participant_id uuid, site_id uuid, until timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT ps.participant_id, ps.site_id, 'infinity'::timestamptz
    FROM pro.participant_sites AS ps
    WHERE ps.study_id = study AND ps.valid_to IS NULL
      AND ps.site_id = ANY (sites) AND (place IS NULL OR ps.site_id = place)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (ps.participant_id) ps.participant_id, ps.site_id,
               max(ps.valid_to) OVER (PARTITION BY ps.participant_id)
        FROM pro.participant_sites AS ps
        WHERE ps.study_id = study AND ps.valid_to IS NOT NULL
          AND ps.site_id = ANY (sites)
          AND NOT EXISTS (SELECT FROM pro.participant_sites AS x
                          WHERE x.study_id = ps.study_id AND x.participant_id = ps.participant_id
                            AND x.valid_to IS NULL
                            AND x.site_id = ANY (sites))
        ORDER BY ps.participant_id, ps.id DESC) AS former
    WHERE place IS NULL OR former.site_id = place
$$;

-- Where participants stand at an instant, of what was written until each was last seen: the rule is `standing` and
-- `is_enrolled` of pro_service/domain/study (statuses.py, adherence.py), and a test holds this to them.
CREATE FUNCTION pro.standings_of(study uuid, who uuid[], untils timestamptz[], at timestamptz)
    RETURNS TABLE (participant_id uuid, status text, ended_at timestamptz, enrolled boolean, holds_until timestamptz)
    LANGUAGE sql STABLE AS $$
    WITH seen AS (SELECT * FROM unnest(who, untils) AS s (participant_id, until)),
    said AS MATERIALIZED (
        SELECT x.participant_id, row_number() OVER (PARTITION BY x.participant_id ORDER BY x.id) AS place, x.status,
               x.effective_at, false AS death
        FROM seen AS s
        JOIN pro.statuses AS x ON x.study_id = study AND x.participant_id = s.participant_id AND x.recorded_at < s.until
        UNION ALL
        -- A recorded death counts even if no status was, after all that was said.
        SELECT s.participant_id, 1000000000, 'died', e.occurred_at, true
        FROM seen AS s
        CROSS JOIN LATERAL (SELECT x.occurred_at FROM pro.events AS x
                            WHERE x.study_id = study AND x.participant_id = s.participant_id AND x.kind = 'death'
                              AND x.recorded_at < s.until
                            ORDER BY x.id DESC LIMIT 1) AS e
        WHERE e.occurred_at IS NOT NULL
    ),
    -- At each instant the word holds that was said last of those in effect by then.
    held AS (
        SELECT w.participant_id, w.effective_at,
               substr(max(lpad(w.place::text, 10, '0') || w.status) OVER
                      (PARTITION BY w.participant_id ORDER BY w.effective_at), 11)
                   IN ('stopped_questionnaires', 'withdrew_follow_up', 'withdrew_data_use', 'screen_failure',
                       'completed', 'died') AS stops
        FROM said AS w WHERE w.effective_at <= at
    ),
    ended AS (
        SELECT g.participant_id, min(g.effective_at) AS ended_at
        FROM (SELECT h.*, max(h.effective_at) FILTER (WHERE NOT h.stops) OVER (PARTITION BY h.participant_id) AS went_on
              FROM held AS h) AS g
        WHERE g.stops AND (g.went_on IS NULL OR g.effective_at > g.went_on)
        GROUP BY g.participant_id
    ),
    spoken AS (
        SELECT w.participant_id,
               (array_agg(w.status ORDER BY w.place DESC) FILTER (WHERE w.effective_at <= at))[1] AS status,
               (array_agg(w.status ORDER BY w.place DESC) FILTER (WHERE w.effective_at <= at AND NOT w.death))[1]
                   AS living,
               min(w.effective_at) FILTER (WHERE w.effective_at > at) AS holds_until
        FROM said AS w GROUP BY w.participant_id
    )
    SELECT s.participant_id, p.status, e.ended_at, coalesce(p.living <> 'screen_failure', false),
           coalesce(p.holds_until, 'infinity')
    FROM seen AS s
    LEFT JOIN spoken AS p ON p.participant_id = s.participant_id
    LEFT JOIN ended AS e ON e.participant_id = s.participant_id
$$;

-- What each visit is before, in and after its window: the rule is `assessment_state` and `visit_outcome` of
-- pro_service/domain/study (assessments.py, adherence.py), and a test holds this to them. `items` says how many
-- questions each instrument has.
CREATE FUNCTION pro.outlooks_of(study uuid, who uuid[], untils timestamptz[], items jsonb, at timestamptz)
    RETURNS TABLE (participant_id uuid, visit_id uuid, definition text, occurrence integer, begins_at timestamptz,
                   closes_at timestamptz, signs_before integer, signs_within integer, signs_after integer,
                   asked integer, sent integer, settled boolean)
    LANGUAGE sql STABLE AS $$
    WITH seen AS (
        SELECT s.participant_id, s.until, t.ended_at
        FROM unnest(who, untils) AS s (participant_id, until)
        JOIN pro.standings_of(study, who, untils, at) AS t ON t.participant_id = s.participant_id
    ),
    asked AS (
        SELECT s.participant_id, s.ended_at, v.id AS visit_id, v.definition, v.occurrence,
               v.kind <> 'unscheduled' AS counted, v.provisional, v.opens_at, v.closes_at,
               CASE WHEN a.sent_at >= v.closes_at THEN 2 WHEN a.sent_at IS NOT NULL THEN 1
                    WHEN a.declined_at IS NOT NULL THEN 4
                    WHEN s.ended_at IS NOT NULL AND (v.provisional OR s.ended_at <= v.opens_at) THEN 8
                    WHEN v.provisional THEN 16
               END AS fixed,
               CASE WHEN a.settled >= coalesce((items ->> a.instrument)::integer, 1000000) THEN 128 END AS unsent,
               a.begun, a.answered, a.scorable
        FROM seen AS s
        JOIN pro.progress_of(study, who) AS a ON a.participant_id = s.participant_id AND a.recorded_at < s.until
        JOIN pro.visits AS v ON v.study_id = study AND v.id = a.visit_id AND v.superseded_at IS NULL
                           AND v.recorded_at < s.until
    ),
    visited AS (
        SELECT a.participant_id, a.visit_id, a.definition, a.occurrence, a.counted, a.provisional, a.opens_at,
               a.closes_at, count(*)::integer AS asked, count(*) FILTER (WHERE a.fixed < 4)::integer AS sent,
               coalesce(a.ended_at > a.opens_at, false) AS ended,
               bit_or(coalesce(a.fixed, 16)) AS before,
               bit_or(coalesce(a.fixed, a.unsent, CASE
                   WHEN a.ended_at IS NOT NULL THEN CASE WHEN a.answered THEN 512 ELSE 256 END
                   WHEN a.begun THEN 64 ELSE 32 END)) AS within,
               bit_or(coalesce(a.fixed, a.unsent, CASE WHEN a.answered THEN 512 ELSE 256 END)) AS after,
               bool_and(a.scorable) AS scorable
        FROM asked AS a
        GROUP BY a.participant_id, a.visit_id, a.definition, a.occurrence, a.counted, a.provisional, a.opens_at,
                 a.closes_at, a.ended_at
    )
    SELECT v.participant_id, v.visit_id, v.definition, v.occurrence,
           CASE WHEN v.provisional THEN coalesce(v.closes_at, 'infinity') ELSE v.opens_at END,
           coalesce(v.closes_at, 'infinity'),
           pro.visit_signs(v.before, v.counted, v.ended, v.scorable),
           pro.visit_signs(v.within, v.counted, v.ended, v.scorable),
           pro.visit_signs(v.after, v.counted, true, v.scorable), v.asked, v.sent,
           v.ended OR coalesce(v.closes_at <= at, false)
    FROM visited AS v
$$;
