-- What waits for somebody at the desk, at the size of a whole study: the first rows of each list are found set by set,
-- with how many there are, and only of those is anything else read. Row-level security judges row by row, each for a
-- third of a millisecond where many work: thousands of rows that no page shows were what a page waited for.

-- As before, written so that the planner opens it up: a function with settings of its own is begun anew for every row.
CREATE OR REPLACE FUNCTION pro.visible_site_ids() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(pg_catalog.string_to_array(nullif(pg_catalog.current_setting('pro.site_ids', true), ''), ',')::uuid[],
                    ARRAY[]::uuid[])
$$;

CREATE INDEX placings_of_participant ON pro.participant_sites (study_id, participant_id);

-- Few use one number.
ALTER FUNCTION pro.desk_line_users(uuid, uuid) ROWS 2;

-- Whether a row about a participant, recorded when it was, is seen from these sites: one row, or none.
CREATE FUNCTION pro.desk_sees(study uuid, participant uuid, recorded timestamptz, sites uuid[])
    RETURNS TABLE (seen boolean)
    LANGUAGE sql STABLE AS $$
    SELECT true FROM pro.participant_sites AS ps
    WHERE ps.study_id = study AND ps.participant_id = participant AND ps.site_id = ANY (sites)
      AND (ps.valid_to IS NULL OR recorded < ps.valid_to)
    LIMIT 1
$$;
CREATE OR REPLACE FUNCTION pro.desk_may_see(study uuid, participant uuid, recorded timestamptz) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pro.desk_sees(study, participant, recorded, pro.visible_site_ids()))
$$;

-- Alerts that are not closed: urgent ones first, of those the unseen, then those that are not assessed.
CREATE FUNCTION pro.desk_first_alerts(study uuid, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 50 AS $$
    SELECT a.id, row_number() OVER (ORDER BY a.urgent DESC, a.unseen DESC, a.unassessed DESC, a.raised_at, a.id), a.total
    FROM (SELECT x.id, x.raised_at, x.severity = 'urgent' AS urgent, x.seen_at IS NULL AS unseen,
                 NOT EXISTS (SELECT FROM pro.alert_assessments AS w
                             WHERE w.study_id = study AND w.alert_id = x.id) AS unassessed,
                 count(*) OVER () AS total
          FROM pro.alerts AS x
          CROSS JOIN LATERAL pro.desk_sees(study, x.participant_id, x.recorded_at, pro.visible_site_ids())
          WHERE x.study_id = study AND x.acted_at IS NULL
          ORDER BY urgent DESC, unseen DESC, unassessed DESC, x.raised_at, x.id LIMIT most) AS a
$$;

-- Calls to make now, or that become so within a span: alerts nobody has seen or assessed first, then unanswered safety
-- checks, then what helps no longer soonest.
CREATE FUNCTION pro.desk_first_calls(study uuid, ahead interval, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 50 AS $$
    SELECT a.id, row_number() OVER (ORDER BY a.alert DESC, a.safety DESC, a.closes_at NULLS LAST, a.id), a.total
    FROM (SELECT k.id, k.closes_at, k.reason IN ('alert_unseen', 'alert_unassessed') AS alert,
                 k.reason IN ('safety_unanswered', 'unwell') AS safety, count(*) OVER () AS total
          FROM pro.call_tasks AS k
          CROSS JOIN LATERAL pro.desk_sees(study, k.participant_id, k.recorded_at, pro.visible_site_ids())
          WHERE k.study_id = study AND k.closed_at IS NULL
            AND (k.wanted_from IS NULL OR k.wanted_from <= (SELECT pro.now()) + ahead)
          ORDER BY alert DESC, safety DESC, k.closes_at NULLS LAST, k.id LIMIT most) AS a
$$;

-- Whose a text is; all who use its number, where that is not known. Who of them is seen is for the caller to ask.
CREATE FUNCTION pro.senders_of_text(study uuid, participant uuid, line uuid) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT participant WHERE participant IS NOT NULL
    UNION ALL
    SELECT u.id FROM pro.desk_line_users(study, line) AS u (id) WHERE participant IS NULL
$$;

-- Texts nobody has read: those that name a sign of harm first, then the oldest.
CREATE FUNCTION pro.desk_first_texts(study uuid, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 50 AS $$
    SELECT a.id, row_number() OVER (ORDER BY a.urgent DESC, a.received_at, a.id), a.total
    FROM (SELECT i.id, i.urgent, i.received_at, count(*) OVER () AS total
          FROM pro.inbounds AS i
          LEFT JOIN LATERAL pro.desk_sees(study, i.participant_id, i.recorded_at, pro.visible_site_ids()) AS s
                 ON true
          WHERE i.study_id = study AND i.disposition = 'needs_reading' AND i.read_at IS NULL
            AND CASE WHEN i.participant_id IS NOT NULL THEN s.seen
                     ELSE EXISTS (SELECT FROM pro.desk_line_users(study, i.line_id))
                          OR pro.desk_stranger_site(study, i.line_id) IS NOT NULL END
          ORDER BY i.urgent DESC, i.received_at, i.id LIMIT most) AS a
$$;

-- Numbers that asked for no texts, at everybody who uses them now.
CREATE FUNCTION pro.opt_outs_of_users(study uuid)
    RETURNS TABLE (id uuid, participant_id uuid, started_at timestamptz, ended_at timestamptz, reason text,
                   actor text, end_reason text, ended_by text)
    LANGUAGE sql STABLE AS $$
    SELECT o.id, c.participant_id, o.started_at, o.ended_at, o.reason, o.actor, o.end_reason, o.ended_by
    FROM pro.opt_outs AS o
    JOIN pro.lines AS l ON l.study_id = study AND l.id = o.line_id
    JOIN pro.contact_points AS c ON c.study_id = study AND c.blind_index = l.their_index
                                AND c.valid_to IS NULL AND c.wrong_at IS NULL
    WHERE o.study_id = study
$$;
CREATE OR REPLACE FUNCTION pro.desk_opt_outs(study uuid)
    RETURNS TABLE (id uuid, participant_id uuid, started_at timestamptz, ended_at timestamptz,
                   reason text, actor text, end_reason text, ended_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.* FROM pro.opt_outs_of_users(study) AS o
    CROSS JOIN LATERAL pro.desk_sees(study, o.participant_id, pro.now(), pro.visible_site_ids())
$$;
-- Of one participant: found by their numbers.
CREATE FUNCTION pro.desk_opt_outs_of(study uuid, participant uuid)
    RETURNS TABLE (id uuid, participant_id uuid, started_at timestamptz, ended_at timestamptz,
                   reason text, actor text, end_reason text, ended_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 5 AS $$
    SELECT o.* FROM pro.opt_outs_of_users(study) AS o
    WHERE o.participant_id = participant AND pro.desk_may_see(study, participant, pro.now())
$$;
-- Those that ask for none now, the latest first.
CREATE FUNCTION pro.desk_first_held(study uuid, most integer)
    RETURNS TABLE (id uuid, participant_id uuid, started_at timestamptz, reason text, actor text, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 50 AS $$
    SELECT o.id, o.participant_id, o.started_at, o.reason, o.actor, count(*) OVER ()
    FROM pro.opt_outs_of_users(study) AS o
    JOIN pro.participants AS p ON p.study_id = study AND p.id = o.participant_id
    CROSS JOIN LATERAL pro.desk_sees(study, o.participant_id, pro.now(), pro.visible_site_ids())
    WHERE o.ended_at IS NULL
    ORDER BY o.started_at DESC, p.code LIMIT most
$$;

-- What the bar of every page says, as before; each row by itself, along indexes, instead of against everybody seen.
CREATE OR REPLACE FUNCTION pro.desk_waiting(study uuid) RETURNS TABLE (urgent bigint, texts bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*) FROM pro.alerts AS x
            CROSS JOIN LATERAL pro.desk_sees(study, x.participant_id, x.recorded_at, pro.visible_site_ids())
            WHERE x.study_id = study AND x.acted_at IS NULL AND x.severity = 'urgent'),
           coalesce((SELECT f.total FROM pro.desk_first_texts(study, 1) AS f), 0)
$$;

DO $$
DECLARE
    made text;
BEGIN
    FOREACH made IN ARRAY ARRAY['desk_first_alerts(uuid, integer)', 'desk_first_calls(uuid, interval, integer)',
        'desk_first_texts(uuid, integer)', 'desk_opt_outs_of(uuid, uuid)', 'desk_first_held(uuid, integer)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION pro.%s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION pro.%s TO pro_desk', made);
    END LOOP;
END
$$;
