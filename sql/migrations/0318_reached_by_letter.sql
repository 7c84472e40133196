-- To whom two texts or letters in a row did not arrive, as before (0074); but no mail server says that a letter arrived: one
-- that was taken since, and has not come back, is a way that works.
CREATE OR REPLACE FUNCTION pro.texts_in_a_row_lost(study uuid)
    RETURNS TABLE (id uuid, texts bigint, since timestamptz)
    LANGUAGE sql STABLE AS $$
    SELECT m.participant_id, count(*), min(coalesce(m.claimed_at, m.recorded_at))
    FROM pro.messages AS m
    JOIN pro.lines AS l ON l.study_id = study AND l.id = m.line_id
    WHERE m.study_id = study AND m.state IN ('undelivered', 'failed')
      AND NOT EXISTS (SELECT FROM pro.messages AS d
                      WHERE d.study_id = study AND d.participant_id = m.participant_id AND d.id > m.id
                        AND (d.state = 'delivered' OR d.provider = 'email' AND d.state IN ('accepted', 'sent')))
      AND EXISTS (SELECT FROM pro.contact_points AS c
                  WHERE c.study_id = study AND c.participant_id = m.participant_id
                    AND c.blind_index = l.their_index AND c.valid_to IS NULL AND c.wrong_at IS NULL)
    GROUP BY m.participant_id HAVING count(*) > 1
$$;
