-- Of the lists of Today who may see what is asked once for all rows, and not row by row (0145): what `desk_sees` says
-- of one, `desk_seen` (0099) says of everybody. What the bar of every page counts is counted so too.
CREATE OR REPLACE FUNCTION pro.desk_first_alerts(study uuid, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 50 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT a.id, row_number() OVER (ORDER BY a.urgent DESC, a.unseen DESC, a.unassessed DESC, a.raised_at, a.id),
           a.total
    FROM (SELECT x.id, x.raised_at, x.severity = 'urgent' AS urgent, x.seen_at IS NULL AS unseen,
                 NOT EXISTS (SELECT FROM pro.alert_assessments AS w
                             WHERE w.study_id = study AND w.alert_id = x.id) AS unassessed,
                 count(*) OVER () AS total
          FROM pro.alerts AS x
          JOIN pro.desk_seen(study, sites, NULL) AS s ON s.participant_id = x.participant_id AND x.recorded_at < s.until
          WHERE x.study_id = study AND x.acted_at IS NULL
          ORDER BY urgent DESC, unseen DESC, unassessed DESC, x.raised_at, x.id LIMIT most) AS a;
END
$$;

CREATE OR REPLACE FUNCTION pro.desk_first_calls(study uuid, ahead interval, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 50 AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT a.id, row_number() OVER (ORDER BY a.alert DESC, a.safety DESC, a.closes_at NULLS LAST, a.id), a.total
    FROM (SELECT k.id, k.closes_at, k.reason IN ('alert_unseen', 'alert_unassessed') AS alert,
                 k.reason IN ('safety_unanswered', 'unwell') AS safety, count(*) OVER () AS total
          FROM pro.call_tasks AS k
          JOIN pro.desk_seen(study, sites, NULL) AS s ON s.participant_id = k.participant_id AND k.recorded_at < s.until
          WHERE k.study_id = study AND k.closed_at IS NULL AND (k.wanted_from IS NULL OR k.wanted_from <= at + ahead)
          ORDER BY alert DESC, safety DESC, k.closes_at NULLS LAST, k.id LIMIT most) AS a;
END
$$;

-- As before (0073 and 0034), but who is seen is asked in the same statement: a function in one that is called
-- for each row is planned anew each time.
CREATE OR REPLACE FUNCTION pro.desk_rung(study uuid, participant uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(json_agg(json_build_object(
               'id', c.id, 'ordinal', c.ordinal, 'kind', c.kind, 'relation', c.whose,
               'may_be_texted', coalesce(c.may_be_texted, false),
               'may_be_told', coalesce(c.may_be_told, false), 'agreed_on', c.agreed_on,
               'silence', CASE WHEN c.wrong_at IS NOT NULL THEN 'wrong_number'
                               WHEN c.must_confirm AND c.verified_at IS NULL THEN 'number_unconfirmed' END)
               ORDER BY c.ordinal), '[]')::text
    FROM pro.contact_points AS c
    CROSS JOIN LATERAL pro.desk_sees(study, participant, c.recorded_at, pro.visible_site_ids())
    WHERE c.study_id = study AND c.participant_id = participant AND c.valid_to IS NULL
$$;
CREATE OR REPLACE FUNCTION pro.desk_line_users(study uuid, line uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 2 AS $$
    SELECT c.participant_id
    FROM pro.lines AS l
    JOIN pro.contact_points AS c ON c.study_id = l.study_id AND c.blind_index = l.their_index
                                AND c.valid_to IS NULL AND c.wrong_at IS NULL
    CROSS JOIN LATERAL pro.desk_sees(study, c.participant_id, pro.now(), pro.visible_site_ids())
    WHERE l.study_id = study AND l.id = line
$$;

-- Texts nobody has read, of whom these sites see: of a stranger too, where the sender's address is theirs.
CREATE FUNCTION pro.texts_unread(study uuid, sites uuid[])
    RETURNS TABLE (id uuid, urgent boolean, received_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT i.id, i.urgent, i.received_at
    FROM pro.inbounds AS i
    LEFT JOIN pro.desk_seen(study, sites, NULL) AS s ON s.participant_id = i.participant_id
    WHERE i.study_id = study AND i.disposition = 'needs_reading' AND i.read_at IS NULL
      AND CASE WHEN i.participant_id IS NOT NULL THEN i.recorded_at < s.until
               ELSE EXISTS (SELECT FROM pro.desk_line_users(study, i.line_id))
                    OR pro.desk_stranger_site(study, i.line_id) IS NOT NULL END
$$;
CREATE OR REPLACE FUNCTION pro.desk_first_texts(study uuid, most integer)
    RETURNS TABLE (id uuid, place bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 50 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT a.id, row_number() OVER (ORDER BY a.urgent DESC, a.received_at, a.id), a.total
    FROM (SELECT i.id, i.urgent, i.received_at, count(*) OVER () AS total FROM pro.texts_unread(study, sites) AS i
          ORDER BY i.urgent DESC, i.received_at, i.id LIMIT most) AS a;
END
$$;

-- What the bar of every page says, as before (0148), and how many of the texts warn and raised no alert seen here.
DROP FUNCTION pro.desk_waiting(uuid);
CREATE FUNCTION pro.desk_waiting(study uuid) RETURNS TABLE (urgent bigint, texts bigint, warned bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan ROWS 1 AS $$
#variable_conflict use_column
DECLARE
    sites CONSTANT uuid[] := pro.visible_site_ids();
BEGIN
    RETURN QUERY
    SELECT (SELECT count(*) FROM pro.alerts AS x
            JOIN pro.desk_seen(study, sites, NULL) AS s
              ON s.participant_id = x.participant_id AND x.recorded_at < s.until
            WHERE x.study_id = study AND x.acted_at IS NULL AND x.severity = 'urgent'),
           count(*),
           count(*) FILTER (WHERE i.urgent AND NOT EXISTS (
               SELECT FROM pro.alerts AS x
               CROSS JOIN LATERAL pro.desk_sees(study, x.participant_id, x.recorded_at, sites)
               WHERE x.study_id = study AND x.inbound_id = i.id))
    FROM pro.texts_unread(study, sites) AS i;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_waiting(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_waiting(uuid) TO pro_desk;

-- Participants are found by the language they chose, and sorted by their site, set by set like everything else (0100).
CREATE INDEX languages_of_participants ON pro.preferences (study_id, participant_id) WHERE language IS NOT NULL;

-- The languages participants chose for themselves, as `present_participants` (0023) says of one: the latest word
-- counts, and where it names none it is the language they were enrolled with.
CREATE FUNCTION pro.languages_chosen(study uuid) RETURNS TABLE (participant_id uuid, language text)
    LANGUAGE sql STABLE AS $$
    SELECT x.participant_id, x.language FROM pro.preferences AS x
    WHERE x.study_id = study AND x.language IS NOT NULL
      AND NOT EXISTS (SELECT FROM pro.preferences AS later
                      WHERE later.study_id = study AND later.participant_id = x.participant_id AND later.id > x.id)
$$;

-- As before (0100).
CREATE OR REPLACE FUNCTION pro.desk_find(study uuid, sought jsonb, sorted text, first integer, most integer)
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
        LEFT JOIN (SELECT * FROM pro.languages_chosen(study) WHERE q.language IS NOT NULL) AS l
               ON l.participant_id = s.participant_id
        WHERE (q.code IS NULL OR strpos(lower(p.code), lower(q.code)) > 0)
          AND (q.codes IS NULL OR p.code = ANY (q.codes))
          AND (q.language IS NULL OR q.language = coalesce(l.language, p.language))
          AND (q.status IS NULL OR t.status = q.status) AND (q.enrolled IS NULL OR t.enrolled = q.enrolled)
          AND (q.states IS NULL OR v.signs & q.states <> 0
               OR q.visit IS NULL AND (t.signs & q.states <> 0 OR q.states & 16 <> 0 AND t.waits_until > at))
          AND (q.figure IS NULL OR v.signs & q.figure <> 0 OR q.visit IS NULL AND t.signs & q.figure <> 0)
    )
    SELECT f.participant_id, f.code, f.site_id, (SELECT count(*) FROM found), cardinality(stale.rest)
    FROM found AS f JOIN pro.sites AS y ON y.study_id = study AND y.id = f.site_id
    ORDER BY CASE WHEN sorted = 'behind' THEN f.behind END DESC,
             CASE WHEN sorted = 'behind' THEN f.owing END DESC NULLS LAST,
             CASE WHEN sorted = 'site' THEN y.code END,
             CASE WHEN sorted = 'status' THEN f.status END NULLS LAST, f.code
    OFFSET first LIMIT most;
END
$$;
