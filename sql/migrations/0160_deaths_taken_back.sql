-- A death that was recorded in error is taken back by a word of its own: it names neither a day nor an instant.
ALTER TABLE pro.events DROP CONSTRAINT events_check;
ALTER TABLE pro.events ADD CONSTRAINT events_check
    CHECK (planned_on IS NOT NULL OR occurred_at IS NOT NULL OR kind = 'death');

-- When a death was reported whose day is still to be recorded; none: no death was, or the record has said since what
-- there is to it. Alerts that were closed count as open ones do.
CREATE INDEX deaths_reported ON pro.alerts (study_id, participant_id) WHERE rule = 'death_reported';
CREATE FUNCTION pro.death_reported_at(study uuid, participant uuid) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    SELECT max(a.raised_at) FROM pro.alerts AS a
    WHERE a.study_id = study AND a.participant_id = participant AND a.rule = 'death_reported'
      AND NOT EXISTS (SELECT FROM pro.latest_events(study, participant) AS e
                      JOIN pro.events AS w ON w.study_id = study AND w.id = e.id
                      WHERE e.kind = 'death' AND (e.occurred_at IS NOT NULL OR w.recorded_at >= a.raised_at))
      AND (SELECT s.status FROM pro.statuses AS s
           WHERE s.study_id = study AND s.participant_id = participant AND s.effective_at <= pro.now()
           ORDER BY s.id DESC LIMIT 1) IS DISTINCT FROM 'died'
$$;

-- Of those now at a site of whoever asks, whose death was reported and has no day yet: the longest waiting first, and
-- how many there are.
CREATE FUNCTION pro.desk_deaths_reported(study uuid, most integer)
    RETURNS TABLE (code text, site_id uuid, reported_at timestamptz, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH told AS MATERIALIZED (
        SELECT DISTINCT a.participant_id AS id FROM pro.alerts AS a
        WHERE a.study_id = study AND a.rule = 'death_reported'
    ),
    waiting AS MATERIALIZED (
        SELECT p.code, ps.site_id, pro.death_reported_at(study, t.id) AS at
        FROM told AS t
        JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = t.id AND ps.valid_to IS NULL
        JOIN pro.participants AS p ON p.study_id = study AND p.id = t.id
        WHERE ps.site_id = ANY (pro.visible_site_ids())
    )
    SELECT w.code, w.site_id, w.at, count(*) OVER () FROM waiting AS w
    WHERE w.at IS NOT NULL ORDER BY w.at, w.code LIMIT most
$$;
REVOKE ALL ON FUNCTION pro.desk_deaths_reported(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_deaths_reported(uuid, integer) TO pro_desk;

-- As before (0135), but an alert of before a death was taken back is about something else.
CREATE OR REPLACE FUNCTION pro.report_rows(study uuid, participant uuid, reports jsonb) RETURNS SETOF pro.alerts
    LANGUAGE sql STABLE AS $$
    SELECT study, x.id, participant, NULL::uuid, NULL::uuid, x.rule, x.severity, pro.now(), NULL::timestamptz,
           NULL::text, NULL::timestamptz, NULL::text, NULL::text, pro.now(), x.actor, false, x.happened_on,
           x.own_kind, NULL::timestamptz
    FROM jsonb_to_recordset(reports) AS x (id uuid, rule text, severity text, happened_on date, once boolean,
        own_kind text, actor text)
    WHERE NOT EXISTS (SELECT FROM pro.alerts AS o
                      WHERE o.study_id = study AND o.participant_id = participant AND o.rule = x.rule
                        AND (x.once OR (o.happened_on = x.happened_on
                             AND (o.own_kind = x.own_kind OR o.own_kind IS NULL OR x.own_kind IS NULL)))
                        AND (NOT x.once OR NOT EXISTS (
                             SELECT FROM pro.events AS e
                             WHERE e.study_id = study AND e.participant_id = participant AND e.kind = 'death'
                               AND e.planned_on IS NULL AND e.occurred_at IS NULL AND e.recorded_at >= o.raised_at)))
$$;
