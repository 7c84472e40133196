-- The coming week names what is planned without a visit of its own, too: an injection has one only once it happened,
-- and what must be done before it (answers before the doctor) is owed now (rule R24).
CREATE INDEX events_planned ON pro.events (study_id, planned_on) WHERE planned_on IS NOT NULL AND occurred_at IS NULL;

-- What is planned from yesterday on for eight days, wherever they live, and has neither happened nor moved since.
CREATE FUNCTION pro.planned_soon(study uuid)
    RETURNS TABLE (id uuid, participant_id uuid, kind text, ordinal integer, planned_on date)
    LANGUAGE sql STABLE AS $$
    SELECT e.id, e.participant_id, e.kind, e.ordinal, e.planned_on
    FROM pro.events AS e
    WHERE e.study_id = study AND e.occurred_at IS NULL AND e.planned_on IS NOT NULL
      AND e.planned_on BETWEEN (SELECT pro.now())::date - 1 AND (SELECT pro.now())::date + 8
      AND NOT EXISTS (SELECT FROM pro.events AS later
                      WHERE later.study_id = study AND later.participant_id = e.participant_id AND later.kind = e.kind
                        AND later.ordinal = e.ordinal AND later.id > e.id)
$$;

-- As before, and with what is planned.
CREATE OR REPLACE FUNCTION pro.desk_week(study uuid, until timestamptz, longest interval, clinic jsonb, unasked text[],
                              unseen text[], most integer)
    RETURNS TABLE (kind text, code text, site_id uuid, zone text, protocol_version_id uuid, definition text,
                   occurrence integer, opens_at timestamptz, closes_at timestamptz, target_on date, owes boolean,
                   total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, p.zone, ps.site_id, (SELECT pro.now()) AS now
        FROM pro.participant_sites AS ps JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    soon AS MATERIALIZED (
        SELECT h.id AS participant_id, h.code, h.site_id, h.zone, h.protocol_version_id, h.now, v.id, v.definition,
               v.occurrence, v.provisional, v.opens_at, v.closes_at, v.target_on, v.attended_on,
               (h.now AT TIME ZONE h.zone)::date AS today
        FROM pro.visits AS v JOIN here AS h ON h.id = v.participant_id
        WHERE v.study_id = study AND v.superseded_at IS NULL AND v.closes_at > (SELECT pro.now())
          AND v.closes_at <= until + longest
    ),
    told AS (
        SELECT 'closes' AS kind, s.closes_at AS at, s.*, true AS owes FROM soon AS s
        WHERE NOT s.provisional AND s.opens_at <= s.now AND s.closes_at <= until
          AND pro.stands_outside(study, s.participant_id, s.now, unasked)
          AND EXISTS (SELECT FROM pro.assessments AS a
                      WHERE a.study_id = study AND a.visit_id = s.id AND a.submitted_at IS NULL AND a.declined_at IS NULL)
        UNION ALL
        SELECT 'opens', s.opens_at, s.*, true FROM soon AS s
        WHERE NOT s.provisional AND s.opens_at > s.now AND s.opens_at <= until
          AND pro.stands_outside(study, s.participant_id, s.now, unasked)
          AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = s.id)
        UNION ALL
        SELECT 'clinic', s.target_on::timestamp AT TIME ZONE s.zone, s.*, false FROM soon AS s
        WHERE s.attended_on IS NULL AND s.target_on >= s.today AND s.target_on < s.today + 7
          AND clinic @> jsonb_build_array(jsonb_build_array(s.protocol_version_id, s.definition))
          AND pro.stands_outside(study, s.participant_id, s.now, unseen)
        UNION ALL
        SELECT 'planned', e.planned_on::timestamp AT TIME ZONE h.zone, h.id, h.code, h.site_id, h.zone,
               h.protocol_version_id, h.now, e.id, e.kind, e.ordinal, false, h.now, h.now, e.planned_on, NULL, e.planned_on, false
        FROM here AS h JOIN pro.planned_soon(study) AS e
          ON e.participant_id = h.id AND e.planned_on - (h.now AT TIME ZONE h.zone)::date BETWEEN 0 AND 6
        WHERE pro.stands_outside(study, h.id, h.now, unseen) AND NOT EXISTS (
            SELECT FROM soon AS s WHERE s.participant_id = h.id AND s.target_on = e.planned_on
                                    AND clinic @> jsonb_build_array(jsonb_build_array(s.protocol_version_id, s.definition)))
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
                             WHERE o.study_id = study AND o.participant_id = p.participant_id AND o.superseded_at IS NULL
                               AND NOT o.provisional AND o.opens_at <= p.now AND o.closes_at > p.now),
           p.total
    FROM placed AS p WHERE p.place <= most
    ORDER BY p.kind, p.place
$$;
