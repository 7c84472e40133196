-- The week that comes and the bar of every page, at size: who still takes part is found once for everybody, not visit
-- by visit, and urgent alerts are joined with who is seen, not looked up one by one.

-- What the bar says, as before (0145).
CREATE OR REPLACE FUNCTION pro.desk_waiting(study uuid) RETURNS TABLE (urgent bigint, texts bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*) FROM pro.alerts AS x
            WHERE x.study_id = study AND x.acted_at IS NULL AND x.severity = 'urgent'
              -- What `desk_sees` says; as a join, since every page counts them.
              AND EXISTS (SELECT FROM pro.participant_sites AS ps
                          WHERE ps.study_id = study AND ps.participant_id = x.participant_id
                            AND ps.site_id = ANY (pro.visible_site_ids())
                            AND (ps.valid_to IS NULL OR x.recorded_at < ps.valid_to))),
           coalesce((SELECT f.total FROM pro.desk_first_texts(study, 1) AS f), 0)
$$;

-- Whose status in force at an instant is none of these, and of whom no death was recorded: what `stands_outside` (0097)
-- says of one, for all. Who has no status yet is not among them.
CREATE FUNCTION pro.standing_outside(study uuid, at timestamptz, statuses text[]) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT s.participant_id
    FROM (SELECT DISTINCT ON (x.participant_id) x.participant_id, x.status FROM pro.statuses AS x
          WHERE x.study_id = study AND x.effective_at <= at
          ORDER BY x.participant_id, x.id DESC) AS s
    WHERE s.status <> ALL (statuses)
      AND NOT EXISTS (SELECT FROM (SELECT DISTINCT ON (e.participant_id, e.ordinal) e.participant_id, e.occurred_at
                                   FROM pro.events AS e WHERE e.study_id = study AND e.kind = 'death'
                                   ORDER BY e.participant_id, e.ordinal, e.id DESC) AS d
                      WHERE d.participant_id = s.participant_id AND d.occurred_at <= at)
$$;

-- As before (0097), with it.
CREATE OR REPLACE FUNCTION pro.desk_week(study uuid, until timestamptz, longest interval, clinic jsonb, unasked text[],
                                         unseen text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, zone text, protocol_version_id uuid, definition text,
                   occurrence integer, opens_at timestamptz, closes_at timestamptz, target_on date, owes boolean,
                   total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, p.zone, ps.site_id, (SELECT pro.now()) AS now
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    soon AS MATERIALIZED (
        SELECT h.id AS participant_id, h.code, h.site_id, h.zone, h.protocol_version_id, h.now, v.id, v.definition,
               v.occurrence, v.provisional, v.opens_at, v.closes_at, v.target_on, v.attended_on,
               (h.now AT TIME ZONE h.zone)::date AS today
        FROM pro.visits AS v
        JOIN here AS h ON h.id = v.participant_id
        WHERE v.study_id = study AND v.superseded_at IS NULL AND v.closes_at > (SELECT pro.now())
          AND v.closes_at <= until + longest
    ),
    asked AS MATERIALIZED (SELECT o.id FROM pro.standing_outside(study, pro.now(), unasked) AS o),
    coming AS MATERIALIZED (SELECT o.id FROM pro.standing_outside(study, pro.now(), unseen) AS o),
    told AS (
        SELECT 'closes' AS kind, s.closes_at AS at, s.*, true AS owes FROM soon AS s
        WHERE NOT s.provisional AND s.opens_at <= s.now AND s.closes_at <= until
          AND s.participant_id IN (SELECT o.id FROM asked AS o)
          AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = s.id
                                                         AND a.submitted_at IS NULL AND a.declined_at IS NULL)
        UNION ALL
        SELECT 'opens', s.opens_at, s.*, true FROM soon AS s
        WHERE NOT s.provisional AND s.opens_at > s.now AND s.opens_at <= until
          AND s.participant_id IN (SELECT o.id FROM asked AS o)
          AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = s.id)
        UNION ALL
        SELECT 'clinic', s.target_on::timestamp AT TIME ZONE s.zone, s.*, false FROM soon AS s
        WHERE s.attended_on IS NULL AND s.target_on >= s.today AND s.target_on < s.today + 7
          AND clinic @> jsonb_build_array(jsonb_build_array(s.protocol_version_id, s.definition))
          AND s.participant_id IN (SELECT o.id FROM coming AS o)
    ),
    placed AS (
        SELECT t.*, row_number() OVER (PARTITION BY t.kind ORDER BY t.at, t.code) AS place,
               count(*) OVER (PARTITION BY t.kind) AS total
        FROM told AS t
    )
    SELECT p.kind, p.code, p.site_id, p.zone, p.protocol_version_id, p.definition, p.occurrence, p.opens_at,
           p.closes_at, p.target_on,
           p.owes OR EXISTS (SELECT FROM pro.visits AS o
                             JOIN pro.assessments AS a ON a.study_id = study AND a.visit_id = o.id
                              AND a.submitted_at IS NULL AND a.declined_at IS NULL
                             WHERE o.study_id = study AND o.participant_id = p.participant_id
                               AND o.superseded_at IS NULL AND NOT o.provisional
                               AND o.opens_at <= p.now AND o.closes_at > p.now),
           p.total
    FROM placed AS p WHERE p.place <= most
    ORDER BY p.kind, p.place
$$;
