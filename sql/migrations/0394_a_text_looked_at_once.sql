-- Sender, line, users, question and what stands around facts in hand are looked up for each text that comes in, in five
-- trips: one statement asks for all of it. What others ask for alone is in functions that are opened up in both (0023).

-- The line between one of our addresses, whatever it was before, and a number, under any index key: of several, from
-- before they were one, the line written on last.
CREATE FUNCTION pro.line_between(study uuid, sender uuid, indexes bytea[])
    RETURNS TABLE (id uuid, focus_participant_id uuid, focused_at timestamptz, their_address_sealed bytea,
                   their_address_key text)
    LANGUAGE sql STABLE AS $$
    SELECT l.id, l.focus_participant_id, l.focused_at, l.their_address_sealed, l.their_address_key
    FROM pro.joined_senders(study, sender) AS j
    JOIN pro.lines AS l ON l.study_id = study AND l.sender_id = j.id AND l.their_index = ANY (indexes)
    ORDER BY CASE WHEN count(*) OVER () > 1 THEN pro.line_written_at(study, l.id) END DESC NULLS LAST,
             l.sender_id = sender DESC, l.sender_id DESC, l.id
    LIMIT 1
$$;

-- Who now uses a number, with the question each was last asked on this line of it, and when the line last wanted
-- silence; whether staff wrote on it since our last reminder; who is to use it once they have confirmed it; and the
-- first text that is to prove it, where it went there and nobody has answered it.
CREATE FUNCTION pro.users_of_line(study uuid, indexes bytea[], line uuid)
    RETURNS TABLE (id uuid, personal_code text, dialogue jsonb, to_confirm uuid, relation text, may_be_texted boolean,
                   silenced_at timestamptz, now timestamptz, first_text uuid, contact_id uuid, staff_wrote boolean)
    LANGUAGE sql STABLE AS $$
    SELECT p.id, p.personal_code, c.dialogue,
           CASE WHEN n.must_confirm AND n.verified_at IS NULL THEN n.id END,
           n.whose, n.whose = 'self' OR coalesce(n.may_be_texted, false),
           (SELECT max(o.started_at) FROM pro.opt_outs AS o WHERE o.study_id = study AND o.line_id = line), pro.now(),
           CASE WHEN n.verified_at IS NULL THEN
               (SELECT m.id FROM pro.messages AS m
                WHERE m.study_id = study AND m.participant_id = p.id AND m.line_id = line AND m.kind = 'first'
                  AND m.recorded_at >= n.valid_from ORDER BY m.id DESC LIMIT 1) END,
           n.id,
           EXISTS (SELECT FROM pro.sent_staff_texts AS s
                   WHERE s.study_id = study AND s.line_id = line
                     AND NOT EXISTS (SELECT FROM pro.messages AS q
                                     WHERE q.study_id = study AND q.line_id = line AND q.kind = 'reminder'
                                       AND q.claimed_at > s.claimed_at))
    FROM pro.contact_points AS n
    JOIN pro.participants AS p ON p.study_id = n.study_id AND p.id = n.participant_id
    LEFT JOIN pro.conversations AS c ON c.study_id = n.study_id AND c.participant_id = p.id
                                    AND c.line_id = line AND c.closed_at IS NULL
    WHERE n.study_id = study AND n.blind_index = ANY (indexes) AND n.valid_to IS NULL AND n.wrong_at IS NULL
$$;

-- How far the message that asked a question has come, whether a text of staff went out on the line since (one that
-- waits is not there yet), and the texts heard just before. A list's `came_at` has whole seconds; none: the text came
-- now.
CREATE FUNCTION pro.carrier_of(study uuid, message uuid, came_at timestamptz, heard uuid[])
    RETURNS TABLE (state text, accepted_for interval, staff_wrote boolean, heard_texts text)
    LANGUAGE sql STABLE AS $$
    SELECT m.state,
           CASE WHEN came_at IS NULL THEN clock_timestamp() - m.accepted_at
                ELSE came_at - date_trunc('second', m.accepted_at) END,
           EXISTS (SELECT FROM pro.sent_staff_texts AS s
                   WHERE s.study_id = study AND s.line_id = m.line_id
                     AND (s.id > message OR s.claimed_at > m.claimed_at)),
           (SELECT coalesce(json_agg(json_build_array(i.id, encode(i.body_sealed, 'hex'), i.body_key)), '[]')
            FROM pro.inbounds AS i WHERE i.study_id = study AND i.id = ANY (heard))::text
    FROM pro.messages AS m WHERE m.study_id = study AND m.id = message
$$;
