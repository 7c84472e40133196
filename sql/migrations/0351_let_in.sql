-- A screen that was decided about from facts in hand is written in one trip: whether whoever sent it is still let in, and
-- the facts are those of these rows, is asked by the write itself.

-- Who comes in by a link, and who by a session, each as it was in three statements.
CREATE FUNCTION pro.link_in_force(token bytea)
    RETURNS TABLE (study_id uuid, participant_id uuid, visit_id uuid, authentication text)
    LANGUAGE sql STABLE AS $$
    SELECT i.study_id, i.participant_id, i.visit_id, 'link'
    FROM pro.invitations AS i
    WHERE i.token_sha256 = token AND i.ended_at IS NULL AND (i.expires_at IS NULL OR i.expires_at > pro.now())
$$;
CREATE FUNCTION pro.session_in_force(session bytea, lifetime interval)
    RETURNS TABLE (study_id uuid, participant_id uuid, visit_id uuid, authentication text)
    LANGUAGE sql STABLE AS $$
    SELECT s.study_id, s.participant_id, i.visit_id, s.authentication
    FROM pro.participant_sessions AS s
    LEFT JOIN pro.invitations AS i ON i.study_id = s.study_id AND i.id = s.invitation_id
        AND i.ended_at IS NULL AND (i.expires_at IS NULL OR i.expires_at > pro.now())
    LEFT JOIN pro.cards AS c ON c.study_id = s.study_id AND c.id = s.card_id AND c.ended_at IS NULL
    WHERE s.id_sha256 = session AND s.ended_at IS NULL AND s.started_at > clock_timestamp() - lifetime
      AND (i.id IS NOT NULL OR c.id IS NOT NULL)
$$;

-- In plpgsql its plan is kept; in SQL it was planned anew by every page (0311).
CREATE OR REPLACE FUNCTION pro.facts_origin() RETURNS text
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN concat_ws(' ', pg_postmaster_start_time(), 'pro.participant_revisions'::regclass::oid,
                     (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()));
END
$$;

-- Whether a participant is let in by the door a write names, as they were when it was decided about, by facts of these
-- rows, and at about that time: no later than a write may have to wait. (Study time may be moved, and the clock it was
-- reckoned by may stand still.) A write that names none was decided about after looking.
CREATE FUNCTION pro.is_let_in(study uuid, participant uuid, door jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF jsonb_typeof(door) IS DISTINCT FROM 'object' THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM jsonb_to_record(door) AS c (sha256 text, session_hours integer, origin text, now timestamptz,
                                                authentication text)
        WHERE c.origin = pro.facts_origin()
          AND pro.now() BETWEEN c.now - interval '2 seconds' AND c.now + interval '15 seconds'
          AND CASE WHEN c.session_hours IS NULL THEN EXISTS (
                  SELECT FROM pro.link_in_force(decode(c.sha256, 'hex')) AS l
                  WHERE l.study_id = study AND l.participant_id = participant)
              ELSE EXISTS (
                  SELECT FROM pro.session_in_force(decode(c.sha256, 'hex'), make_interval(hours => c.session_hours)) AS s
                  WHERE s.study_id = study AND s.participant_id = participant
                    AND s.authentication = c.authentication) END);
END
$$;
