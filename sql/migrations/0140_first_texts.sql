-- A number is proven before the first questions (R23): staff let the first text go while the participant sits there
-- with the telephone, and any digit sent back proves that the number is theirs. It is a message of a kind of its own,
-- and what proves a number stands where it always did: when it was verified, and by whom.
ALTER TABLE pro.messages DROP CONSTRAINT messages_kind_check,
    ADD CONSTRAINT messages_kind_check CHECK (kind IN ('reminder', 'reply', 'notice', 'staff', 'first'));
CREATE INDEX first_texts_of_participant ON pro.messages (study_id, participant_id, line_id, id) WHERE kind = 'first';

ALTER POLICY desk_may_make ON pro.messages
    WITH CHECK (kind IN ('staff', 'reply', 'first') AND pro.desk_may_write(study_id, participant_id));

-- Whether an answer of a participant's came by text, or by a link that went to their telephone.
CREATE FUNCTION pro.heard_by_number(study uuid, participant uuid) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pro.attempts AS t
                   WHERE t.study_id = study AND t.participant_id = participant
                     AND t.authentication IN ('known_number', 'link', 'link_and_factor'))
$$;

-- Each present telephone of a participant: whether and how it was proven, how many first texts went there and where
-- the last of them stands, whether a question of the study's waits there for an answer, and whether answers came.
CREATE FUNCTION pro.first_texts_of(study uuid, participant uuid)
    RETURNS TABLE (contact_id uuid, verified_at timestamptz, verified_by text, texts integer, sent_at timestamptz,
                   state text, asked boolean, heard boolean)
    LANGUAGE sql STABLE AS $$
    SELECT n.id, n.verified_at, n.verified_by, coalesce(f.texts, 0), f.at, f.state,
           EXISTS (SELECT FROM pro.lines AS l
                   JOIN pro.conversations AS c ON c.study_id = study AND c.line_id = l.id
                   WHERE l.study_id = study AND l.their_index = n.blind_index AND c.participant_id = participant
                     AND c.closed_at IS NULL
                     AND (c.dialogue -> 'prompt' <> 'null' OR c.dialogue -> 'waiting' = 'true')),
           NOT n.must_confirm AND pro.heard_by_number(study, participant)
    FROM pro.contact_points AS n
    LEFT JOIN LATERAL (
        SELECT (count(*) OVER ())::integer AS texts, coalesce(m.claimed_at, m.recorded_at) AS at, m.state
        FROM pro.messages AS m
        JOIN pro.lines AS l ON l.study_id = study AND l.id = m.line_id AND l.their_index = n.blind_index
        WHERE m.study_id = study AND m.participant_id = participant AND m.kind = 'first'
          AND m.recorded_at >= n.valid_from
        ORDER BY m.id DESC LIMIT 1
    ) AS f ON true
    WHERE n.study_id = study AND n.participant_id = participant AND n.valid_to IS NULL AND n.kind = 'phone'
    ORDER BY n.ordinal, n.id
$$;
CREATE FUNCTION pro.desk_telephones(study uuid, participant uuid)
    RETURNS TABLE (contact_id uuid, verified_at timestamptz, verified_by text, texts integer, sent_at timestamptz,
                   state text, asked boolean, heard boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.* FROM pro.first_texts_of(study, participant) AS f
    JOIN pro.contact_points AS n ON n.study_id = study AND n.id = f.contact_id
    WHERE pro.desk_may_see(study, participant, n.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_telephones(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_telephones(uuid, uuid) TO pro_desk;

-- Of those now at a site of whoever asks, who agreed to texts and has not joined yet: no number of theirs is proven,
-- and no answer came by one. The newest first, and how many there are. Whoever has sent something in, or begun it, in
-- any settled visit has joined long since, which the outlooks say at whatever revision they were kept.
CREATE FUNCTION pro.desk_not_joined(study uuid, most integer)
    RETURNS TABLE (code text, site_id uuid, enrolled_at timestamptz, sent_at timestamptz, state text, total bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH quiet AS MATERIALIZED (
        SELECT p.id, p.code, p.recorded_at, ps.site_id
        FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = study AND p.id = ps.participant_id
        LEFT JOIN pro.participant_outlooks AS o ON o.study_id = study AND o.participant_id = p.id
        -- completed, late, started, unsent, partial
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (pro.visible_site_ids())
          AND coalesce(o.signs, 0) & 707 = 0
    ),
    waiting AS MATERIALIZED (
        SELECT q.id, q.code, q.recorded_at, q.site_id, f.sent_at, f.state
        FROM quiet AS q
        CROSS JOIN LATERAL (SELECT one.sent_at, one.state FROM pro.first_texts_of(study, q.id) AS one
                            JOIN pro.contact_points AS n ON n.study_id = study AND n.id = one.contact_id
                            WHERE n.wrong_at IS NULL ORDER BY one.sent_at DESC NULLS LAST LIMIT 1) AS f
        WHERE NOT pro.heard_by_number(study, q.id)
          AND NOT EXISTS (SELECT FROM pro.contact_points AS n
                          WHERE n.study_id = study AND n.participant_id = q.id AND n.valid_to IS NULL
                            AND n.kind = 'phone' AND n.verified_at IS NOT NULL)
          AND (SELECT k.messages FROM pro.present_consent(study, q.id) AS k)
          AND (SELECT s.status FROM pro.statuses AS s
               WHERE s.study_id = study AND s.participant_id = q.id AND s.effective_at <= pro.now()
               ORDER BY s.id DESC LIMIT 1) IN ('screened', 'active', 'paused', 'stopped_treatment')
          AND NOT EXISTS (SELECT FROM pro.latest_events(study, q.id) AS e
                          WHERE e.kind = 'death' AND e.occurred_at IS NOT NULL)
    )
    SELECT w.code, w.site_id, w.recorded_at, w.sent_at, w.state, count(*) OVER ()
    FROM waiting AS w ORDER BY w.recorded_at DESC, w.code LIMIT most
$$;
REVOKE ALL ON FUNCTION pro.desk_not_joined(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_not_joined(uuid, integer) TO pro_desk;
