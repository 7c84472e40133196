-- Who cannot be reached is derived, never stored: what silences their numbers, texts that did not arrive, and
-- visits that passed without a word.

-- Texts that failed, numbers that rest, and visits in the order in which they close: few rows, or few a person.
CREATE INDEX texts_not_delivered ON pro.messages (study_id, participant_id, id)
    WHERE state IN ('undelivered', 'failed');
CREATE INDEX contacts_that_rest ON pro.contact_points (study_id, participant_id)
    WHERE valid_to IS NULL
      AND (wrong_at IS NOT NULL OR bad_at IS NOT NULL OR must_confirm AND verified_at IS NULL);
CREATE INDEX visits_closing ON pro.visits (study_id, participant_id, closes_at)
    WHERE superseded_at IS NULL AND NOT provisional;

-- The nudges of a visit, when the text each became went out, and whether that did not arrive. (The function
-- that says less stays for servers of the release before this one.)
CREATE FUNCTION pro.nudges_with_fate(study uuid, visit uuid)
    RETURNS TABLE (id uuid, ordinal integer, due_at timestamptz, ended_at timestamptz, end_reason text,
                   sent_at timestamptz, undelivered boolean)
    LANGUAGE sql STABLE AS $$
    SELECT r.id, r.ordinal, r.due_at, r.ended_at, r.end_reason, m.claimed_at,
           coalesce(m.state IN ('undelivered', 'failed'), false)
    FROM pro.reminders AS r
    LEFT JOIN pro.messages AS m ON m.study_id = r.study_id AND m.id = r.message_id
    WHERE r.study_id = study AND r.visit_id = visit
$$;

-- Whether anything was answered, sent or declined at a visit.
CREATE FUNCTION pro.heard_at_visit(study uuid, visit uuid) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pro.assessments AS a
                   WHERE a.study_id = study AND a.visit_id = visit
                     AND (a.submitted_at IS NOT NULL OR a.declined_at IS NOT NULL
                          OR EXISTS (SELECT FROM pro.attempts AS t
                                     WHERE t.study_id = study AND t.assessment_id = a.id)))
$$;

-- The last visits of a participant that asked something and are over, the latest first.
CREATE FUNCTION pro.visits_over(study uuid, participant uuid, at timestamptz, most integer)
    RETURNS TABLE (id uuid, opens_at timestamptz, closes_at timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT v.id, v.opens_at, v.closes_at FROM pro.visits AS v
    WHERE v.study_id = study AND v.participant_id = participant AND v.superseded_at IS NULL
      AND NOT v.provisional AND v.closes_at <= at
      AND EXISTS (SELECT FROM pro.assessments AS a WHERE a.study_id = study AND a.visit_id = v.id)
    ORDER BY v.closes_at DESC LIMIT most
$$;

-- Whose contacts rest, or are gone: a number of somebody else's, not confirmed, bad, or that wants no texts.
CREATE FUNCTION pro.participants_resting(study uuid) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE AS $$
    SELECT c.participant_id FROM pro.contact_points AS c
    WHERE c.study_id = study AND c.valid_to IS NULL
      AND (c.wrong_at IS NOT NULL OR c.bad_at IS NOT NULL OR c.must_confirm AND c.verified_at IS NULL)
    UNION
    SELECT c.participant_id FROM pro.opt_outs AS o
    JOIN pro.lines AS l ON l.study_id = study AND l.id = o.line_id
    JOIN pro.contact_points AS c ON c.study_id = study AND c.blind_index = l.their_index
                                AND c.valid_to IS NULL
    WHERE o.study_id = study AND o.ended_at IS NULL
    UNION
    SELECT p.id FROM pro.participants AS p
    WHERE p.study_id = study
      AND NOT EXISTS (SELECT FROM pro.contact_points AS c
                      WHERE c.study_id = study AND c.participant_id = p.id AND c.valid_to IS NULL)
$$;

-- To whose present numbers two texts or more in a row did not arrive: how many, and since when.
CREATE FUNCTION pro.texts_in_a_row_lost(study uuid)
    RETURNS TABLE (id uuid, texts bigint, since timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT m.participant_id, count(*), min(coalesce(m.claimed_at, m.recorded_at))
    FROM pro.messages AS m
    JOIN pro.lines AS l ON l.study_id = study AND l.id = m.line_id
    WHERE m.study_id = study AND m.state IN ('undelivered', 'failed')
      AND NOT EXISTS (SELECT FROM pro.messages AS d
                      WHERE d.study_id = study AND d.participant_id = m.participant_id
                        AND d.state = 'delivered' AND d.id > m.id)
      AND EXISTS (SELECT FROM pro.contact_points AS c
                  WHERE c.study_id = study AND c.participant_id = m.participant_id
                    AND c.blind_index = l.their_index AND c.valid_to IS NULL AND c.wrong_at IS NULL)
    GROUP BY m.participant_id HAVING count(*) > 1
$$;

-- How many of the last ten visits that are over passed without a word, the latest first, and since when.
CREATE FUNCTION pro.silent_visits(study uuid, participant uuid, at timestamptz)
    RETURNS TABLE (visits bigint, since timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT count(*), min(one.opens_at)
    FROM (SELECT v.opens_at,
                 bool_or(pro.heard_at_visit(study, v.id)) OVER (ORDER BY v.closes_at DESC, v.id) AS heard
          FROM pro.visits_over(study, participant, at, 10) AS v) AS one
    WHERE NOT one.heard
$$;

-- A participant's contacts without their numbers, and since when what silences each does.
CREATE FUNCTION pro.contacts_silenced(study uuid, participant uuid) RETURNS json
    LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(json_build_object(
               'id', c.id, 'ordinal', c.ordinal, 'kind', c.kind, 'relation', c.relation,
               'confirmed', c.confirmed, 'may_be_texted', c.may_be_texted, 'wrong', c.wrong, 'bad', c.bad,
               'opted_out_at', c.opted_out_at, 'wrong_at', n.wrong_at, 'bad_at', n.bad_at,
               'valid_from', n.valid_from)), '[]')
    FROM pro.contacts_of(study, participant, 'infinity') AS c
    JOIN pro.contact_points AS n ON n.study_id = study AND n.id = c.id
$$;

-- Of those now at a site of whoever asks, who may be out of reach, with what tells whether they are: what
-- silences each contact and since when, texts in a row that did not arrive, visits in a row without a word,
-- and the last answer. Numbers themselves are not in it. Visits are counted where there are as many as the
-- protocol says (2 where it says nothing), and only of those who said nothing at the latest.
CREATE FUNCTION pro.desk_unreached(study uuid)
    RETURNS TABLE (id uuid, code text, protocol_version_id uuid, site_id uuid, contacts json, consent json,
                   alone_since timestamptz, failed_texts bigint, failed_since timestamptz,
                   silent_visits bigint, silent_since timestamptz, last_answer_at timestamptz,
                   statuses json, died_at timestamptz, now timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, p.protocol_version_id, ps.site_id, ps.valid_from, (SELECT pro.now()) AS now,
               coalesce((w.document #>> '{calls,silent_visits}')::integer, 2) AS silent_after
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        JOIN pro.protocol_versions AS w ON w.study_id = study AND w.id = p.protocol_version_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    quiet AS MATERIALIZED (
        SELECT h.id, h.now, h.silent_after FROM here AS h
        CROSS JOIN LATERAL pro.visits_over(study, h.id, h.now, 1) AS last
        WHERE NOT pro.heard_at_visit(study, last.id)
    ),
    silent AS (
        SELECT q.id, s.visits, s.since FROM quiet AS q
        CROSS JOIN LATERAL pro.silent_visits(study, q.id, q.now) AS s
        WHERE s.visits >= q.silent_after
    )
    SELECT h.id, h.code, h.protocol_version_id, h.site_id, pro.contacts_silenced(study, h.id),
           (SELECT to_json(k) FROM pro.present_consent(study, h.id) AS k),
           coalesce((SELECT max(c.valid_to) FROM pro.contact_points AS c
                     WHERE c.study_id = study AND c.participant_id = h.id), h.valid_from),
           coalesce(f.texts, 0), f.since, coalesce(s.visits, 0), s.since,
           (SELECT max(greatest(t.started_at, t.submitted_at)) FROM pro.assessments AS a
            JOIN pro.attempts AS t ON t.study_id = study AND t.assessment_id = a.id
            WHERE a.study_id = study AND a.participant_id = h.id),
           (SELECT coalesce(json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at)
                                     ORDER BY x.id), '[]')
            FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = h.id),
           (SELECT e.occurred_at FROM pro.latest_events(study, h.id) AS e WHERE e.kind = 'death' LIMIT 1),
           h.now
    FROM here AS h
    LEFT JOIN pro.texts_in_a_row_lost(study) AS f ON f.id = h.id
    LEFT JOIN silent AS s ON s.id = h.id
    WHERE f.id IS NOT NULL OR s.id IS NOT NULL OR h.id IN (SELECT r.id FROM pro.participants_resting(study) AS r)
$$;
REVOKE ALL ON FUNCTION pro.desk_unreached(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_unreached(uuid) TO pro_desk;
