-- A sender that was corrected or moved is one sender under several addresses over time, and its line to somebody one
-- line: what was asked, who wanted silence and who is answering stand by the line, whichever address a text goes
-- from or comes to. So a line is found under all a sender was and became, and which of them a message went out from
-- is told from the moves before it. These functions are opened up inside the queries that name them (0023).

-- All that are one sender with this.
CREATE FUNCTION pro.joined_senders(study uuid, sender uuid) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE AS $$
    WITH RECURSIVE joined AS (
        SELECT sender AS id
        UNION
        SELECT CASE WHEN m.from_id = j.id THEN m.to_id ELSE m.from_id END
        FROM joined AS j
        JOIN pro.sender_moves AS m ON m.study_id = study AND j.id IN (m.from_id, m.to_id)
    )
    SELECT j.id FROM joined AS j
$$;

-- A sender and all it became, each with the move that made it so: the last is what it is now, or was before a move.
CREATE FUNCTION pro.what_sender_became(study uuid, sender uuid, before uuid DEFAULT NULL)
    RETURNS TABLE (id uuid, provider text, address text, moved_by uuid)
    LANGUAGE sql STABLE AS $$
    WITH RECURSIVE became AS (
        SELECT sender AS id, NULL::uuid AS moved_by
        UNION
        SELECT m.to_id, m.id
        FROM became AS b
        JOIN pro.sender_moves AS m ON m.study_id = study AND m.from_id = b.id
                                  AND (b.moved_by IS NULL OR m.id > b.moved_by)
        WHERE before IS NULL OR m.id < before
    )
    SELECT s.id, s.provider, s.address, b.moved_by
    FROM became AS b JOIN pro.senders AS s ON s.study_id = study AND s.id = b.id
$$;

-- The sender a message on a line goes out from: what the line's had become at its provider when it was made; for no
-- message, what it is there now.
CREATE FUNCTION pro.sender_of(study uuid, line_sender uuid, by_provider text, message uuid)
    RETURNS TABLE (id uuid, address text)
    LANGUAGE sql STABLE AS $$
    SELECT b.id, b.address FROM pro.what_sender_became(study, line_sender, message) AS b
    ORDER BY b.provider = by_provider DESC, b.moved_by DESC NULLS LAST LIMIT 1
$$;

-- When we last wrote on a line. Addresses corrected or moved before this left two lines to one number: the one written
-- on last is the line, for there stands what was asked, and what staff said to it.
CREATE FUNCTION pro.line_written_at(study uuid, line uuid) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    SELECT greatest(
        (SELECT max(m.claimed_at) FROM pro.messages AS m
         WHERE m.study_id = study AND m.line_id = line AND m.kind = 'reminder'),
        (SELECT max(m.recorded_at) FROM pro.messages AS m
         WHERE m.study_id = study AND m.line_id = line AND m.kind = 'reply'),
        (SELECT max(s.claimed_at) FROM pro.sent_staff_texts AS s WHERE s.study_id = study AND s.line_id = line))
$$;
