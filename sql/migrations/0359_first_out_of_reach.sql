-- Of those who may be out of reach the first are read, those longest so: everything that tells of one costs fifty pages,
-- and Today shows fifty of them. Who takes part no more, or has answered since, is left out before. `desk_unreached` of one
-- parameter stays for servers of the release before this one.

-- Whose contacts rest, or are gone, as `participants_resting` (0074) has them: since when at the longest, and at the latest.
CREATE FUNCTION pro.silenced_since(study uuid) RETURNS TABLE (id uuid, since timestamptz, latest timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT c.participant_id,
           least(c.wrong_at, c.bad_at, CASE WHEN c.must_confirm AND c.verified_at IS NULL THEN c.valid_from END),
           greatest(c.wrong_at, c.bad_at, c.valid_from)
    FROM pro.contact_points AS c
    WHERE c.study_id = study AND c.valid_to IS NULL
      AND (c.wrong_at IS NOT NULL OR c.bad_at IS NOT NULL OR c.must_confirm AND c.verified_at IS NULL)
    UNION ALL
    SELECT c.participant_id, o.started_at, greatest(o.started_at, c.valid_from)
    FROM pro.opt_outs AS o
    JOIN pro.lines AS l ON l.study_id = study AND l.id = o.line_id
    JOIN pro.contact_points AS c ON c.study_id = study AND c.blind_index = l.their_index AND c.valid_to IS NULL
    WHERE o.study_id = study AND o.ended_at IS NULL
    UNION ALL
    SELECT p.id, (SELECT max(c.valid_to) FROM pro.contact_points AS c
                  WHERE c.study_id = study AND c.participant_id = p.id), 'infinity'
    FROM pro.participants AS p
    WHERE p.study_id = study
      AND NOT EXISTS (SELECT FROM pro.contact_points AS c
                      WHERE c.study_id = study AND c.participant_id = p.id AND c.valid_to IS NULL)
$$;

-- Who passed visits without a word: looked up where it is kept, and counted of those who are not kept as they are now.
CREATE FUNCTION pro.silent_ones(study uuid, unkept uuid[], at timestamptz)
    RETURNS TABLE (id uuid, visits integer, since timestamptz, heard_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT o.participant_id, o.silent, o.silent_since, o.heard_at
    FROM pro.participant_outlooks AS o
    WHERE o.study_id = study AND o.silent > 0 AND o.participant_id <> ALL (unkept)
    UNION ALL
    SELECT s.participant_id, s.visits, s.since, s.heard_at
    FROM pro.silences_of(study, unkept, at) AS s WHERE s.visits > 0
$$;

-- Of those now at these sites who may be out of reach: why, since when at the longest, and when they were last heard.
CREATE FUNCTION pro.suspected_at(study uuid, sites uuid[], unkept uuid[], at timestamptz)
    RETURNS TABLE (id uuid, code text, protocol_version_id uuid, site_id uuid, placed_at timestamptz, muted boolean,
                   texts bigint, failed_since timestamptz, visits integer, silent_since timestamptz, heard_at timestamptz,
                   since timestamptz, latest timestamptz)
    LANGUAGE sql STABLE AS $$
    WITH patience AS MATERIALIZED (
        SELECT v.id, coalesce((v.document #>> '{calls,silent_visits}')::integer, 2) AS visits
        FROM pro.protocol_versions AS v WHERE v.study_id = study
    ),
    suspected AS MATERIALIZED (
        SELECT r.id, bool_or(r.visits IS NULL) AS muted, max(r.texts) AS texts, max(r.failed_since) AS failed_since,
               max(r.visits) AS visits, max(r.silent_since) AS silent_since, min(r.since) AS since, max(r.latest) AS latest
        FROM (SELECT l.id, l.texts, l.since AS failed_since, NULL::integer AS visits, NULL::timestamptz AS silent_since,
                     l.since, l.since AS latest
              FROM pro.texts_in_a_row_lost(study) AS l
              UNION ALL
              SELECT m.id, NULL, NULL, NULL, NULL, m.since, m.latest FROM pro.silenced_since(study) AS m
              UNION ALL
              SELECT s.id, NULL, NULL, s.visits, s.since, s.since, s.since FROM pro.silent_ones(study, unkept, at) AS s
              WHERE s.visits >= (SELECT min(w.visits) FROM patience AS w) AND (s.heard_at IS NULL OR s.heard_at < s.since)
             ) AS r
        GROUP BY r.id
    )
    SELECT x.id, p.code, p.protocol_version_id, s.site_id, s.valid_from, x.muted, coalesce(x.texts, 0), x.failed_since,
           CASE WHEN x.visits >= w.visits THEN x.visits ELSE 0 END, x.silent_since,
           CASE WHEN k.participant_id IS NULL THEN (SELECT l.heard_at FROM pro.last_heard(study, x.id) AS l)
                ELSE k.heard_at END,
           coalesce(x.since, s.valid_from), x.latest
    FROM suspected AS x
    JOIN pro.participant_sites AS s ON s.study_id = study AND s.participant_id = x.id AND s.valid_to IS NULL
                                   AND s.site_id = ANY (sites)
    JOIN pro.participants AS p ON p.study_id = study AND p.id = x.id
    JOIN patience AS w ON w.id = p.protocol_version_id
    LEFT JOIN pro.participant_outlooks AS k ON k.study_id = study AND k.participant_id = x.id AND x.id <> ALL (unkept)
    WHERE x.muted OR x.visits >= w.visits
$$;

CREATE FUNCTION pro.desk_unreached(study uuid, parted text[], most integer)
    RETURNS TABLE (id uuid, code text, protocol_version_id uuid, site_id uuid, contacts json, consent json,
                   alone_since timestamptz, failed_texts bigint, failed_since timestamptz,
                   silent_visits integer, silent_since timestamptz, last_answer_at timestamptz,
                   statuses json, died_at timestamptz, now timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    at CONSTANT timestamptz := pro.now();
    sites CONSTANT uuid[] := pro.visible_site_ids();
    unkept CONSTANT uuid[] := ARRAY(SELECT u.id FROM pro.desk_unkept(study, at, sites) AS u);
BEGIN
    RETURN QUERY
    SELECT x.id, x.code, x.protocol_version_id, x.site_id,
           CASE WHEN x.muted THEN pro.contacts_silenced(study, x.id) ELSE '[]' END,
           CASE WHEN x.muted THEN (SELECT to_json(k) FROM pro.present_consent(study, x.id) AS k) END,
           coalesce((SELECT max(c.valid_to) FROM pro.contact_points AS c
                     WHERE c.study_id = study AND c.participant_id = x.id AND x.muted), x.placed_at),
           x.texts, x.failed_since, x.visits, x.silent_since, x.heard_at,
           (SELECT coalesce(json_agg(json_build_object('status', y.status, 'effective_at', y.effective_at)
                                     ORDER BY y.id), '[]')
            FROM pro.statuses AS y WHERE y.study_id = study AND y.participant_id = x.id),
           (SELECT e.occurred_at FROM pro.latest_events(study, x.id) AS e WHERE e.kind = 'death' LIMIT 1), at
    -- In their order first, so that no more are asked whether they take part than are shown.
    FROM (SELECT o.* FROM (SELECT y.* FROM pro.suspected_at(study, sites, unkept, at) AS y
                           ORDER BY y.since, y.code OFFSET 0) AS o
          WHERE (o.heard_at IS NULL OR o.heard_at < o.latest)
            -- Whose contacts rest, and who agreed to no text, is not out of reach by it.
            AND (o.texts > 0 OR o.visits > 0
                 OR (SELECT k.messages OR k.caregiver FROM pro.present_consent(study, o.id) AS k))
            AND pro.stands_outside(study, o.id, at, parted)
          LIMIT most) AS x;
END
$$;
REVOKE ALL ON FUNCTION pro.desk_unreached(uuid, text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_unreached(uuid, text[], integer) TO pro_desk;
