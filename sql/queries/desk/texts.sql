-- name: get_text(study_id, inbound_id)
-- A text somebody must read, sealed, with what became of it; the site whose address it came to, where the
-- number is nobody's; the question it found open.
SELECT i.id, i.line_id, i.participant_id, i.body_sealed, i.body_key, i.media_count, i.urgent, i.received_at,
       i.read_at, i.read_by, i.asked_assessment_id, i.asked_items, s.kind, s.reason, s.settled_at,
       s.actor AS settled_by, s.participant_id AS taken_for, k.id AS key_id, k.wrapped, k.wrapping_key,
       CASE WHEN i.participant_id IS NULL THEN pro.desk_stranger_site(i.study_id, i.line_id) END AS stranger_site,
       ARRAY(SELECT DISTINCT x.rule FROM pro.alerts AS x
             WHERE x.study_id = i.study_id AND x.inbound_id = i.id ORDER BY x.rule) AS raised
FROM pro.inbounds AS i
LEFT JOIN pro.standing_settlements AS s ON s.study_id = i.study_id AND s.inbound_id = i.id
LEFT JOIN LATERAL pro.key_named(i.study_id, i.body_key) AS k ON true
WHERE i.study_id = $1 AND i.id = $2 AND i.disposition = 'needs_reading';

-- name: list_people_of_text(study_id, inbound_id)
-- Who a text may be from, as far as they are seen from here: whose it is or was taken for, else all who use
-- the number; with the site they are at now if it is one of ours, and whether their answers are open.
SELECT p.id AS participant_id, p.code, ps.site_id,
       coalesce(pro.desk_may_read_scores(p.study_id, p.id, i.recorded_at), false) AS answers_open
FROM pro.inbounds AS i
LEFT JOIN pro.standing_settlements AS s ON s.study_id = i.study_id AND s.inbound_id = i.id
CROSS JOIN LATERAL pro.senders_of_text(i.study_id, CASE WHEN i.participant_id IS NULL THEN s.participant_id
                                                        ELSE i.participant_id END, i.line_id) AS w
JOIN pro.participants AS p ON p.study_id = i.study_id AND p.id = w.id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE i.study_id = $1 AND i.id = $2
ORDER BY p.code;

-- name: list_thread_messages(study_id, participant_ids, most)
-- Our texts to these participants, sealed, and what became of each; the newest first.
SELECT m.id, p.code, m.kind, m.template, m.state, m.state_reason, m.segments, m.body_sealed, m.body_key,
       coalesce(m.claimed_at, m.recorded_at) AS at, m.actor, pro.is_restricted($1, p.id) AS restricted,
       k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.messages AS m
JOIN pro.participants AS p ON p.study_id = m.study_id AND p.id = m.participant_id
-- The words of a text that a restore knows from the journal alone are under no key.
LEFT JOIN LATERAL pro.key_named(m.study_id, m.body_key) AS k ON true
WHERE m.study_id = $1 AND m.participant_id = ANY ($2::uuid[])
ORDER BY m.id DESC LIMIT $3;

-- name: list_thread_inbounds(study_id, participant_ids, line_id, most)
-- Their texts, sealed: the participants' own, what was taken for theirs, and what is nobody's in particular on a
-- line of theirs or this one; the newest first. Of the last, answers are open where they are of all who may
-- have written it.
WITH theirs AS (
    SELECT i.id FROM pro.inbounds AS i WHERE i.study_id = $1 AND i.participant_id = ANY ($2::uuid[])
    UNION
    SELECT s.inbound_id FROM pro.standing_settlements AS s
    WHERE s.study_id = $1 AND s.participant_id = ANY ($2::uuid[])
    UNION
    -- Line by line, so that texts are found by it and only of those is asked who sees them.
    SELECT i.id
    FROM (SELECT m.line_id FROM pro.messages AS m WHERE m.study_id = $1 AND m.participant_id = ANY ($2::uuid[])
          UNION SELECT $3::uuid) AS l
    CROSS JOIN LATERAL (SELECT n.id, n.study_id FROM pro.inbounds AS n
                        WHERE n.study_id = $1 AND n.line_id = l.line_id AND n.participant_id IS NULL OFFSET 0) AS i
    WHERE NOT EXISTS (SELECT FROM pro.standing_settlements AS s
                      WHERE s.study_id = i.study_id AND s.inbound_id = i.id AND s.participant_id IS NOT NULL)
)
SELECT i.id, p.code, i.body_sealed, i.body_key, i.media_count, i.disposition, i.command, i.urgent,
       i.received_at, i.read_at, i.read_by, s.kind, s.reason, s.settled_at, s.actor AS settled_by,
       CASE WHEN p.id IS NOT NULL THEN pro.desk_may_read_scores(i.study_id, p.id, i.recorded_at)
            ELSE NOT EXISTS (SELECT FROM pro.desk_line_users(i.study_id, i.line_id) AS u (id)
                             WHERE NOT pro.desk_may_read_scores(i.study_id, u.id, i.recorded_at)) END
       AS answers_open, p.id IS NOT NULL AND pro.is_restricted($1, p.id) AS restricted,
       k.id AS key_id, k.wrapped, k.wrapping_key
FROM theirs AS t
JOIN pro.inbounds AS i ON i.study_id = $1 AND i.id = t.id
LEFT JOIN pro.standing_settlements AS s ON s.study_id = i.study_id AND s.inbound_id = i.id
-- CASE, and not coalesce: where row-level security judges, an index is looked into only for what leaks nothing, and that
-- is not said of coalesce; by it everybody would be asked whether they are seen.
LEFT JOIN pro.participants AS p ON p.study_id = i.study_id
      AND p.id = CASE WHEN i.participant_id IS NULL THEN s.participant_id ELSE i.participant_id END
LEFT JOIN LATERAL pro.key_named(i.study_id, i.body_key) AS k ON true
ORDER BY i.id DESC LIMIT $4;

-- name: list_answers_in_texts(study_id, inbound_ids)
-- Which questions texts answered: never what.
SELECT inbound_id, instrument, target, item, taken_by FROM pro.desk_answers_in($1, $2);

-- name: get_text_to_settle(study_id, participant_id, inbound_id)
-- A text as somebody is about to settle it for a participant: whether that was done and by whom, the question
-- it found open, the last undoing of such a word, and which of the participant's contacts its number is now.
SELECT i.line_id, i.provider, i.participant_id AS named, i.body_sealed, i.body_key, i.media_count, i.received_at,
       i.asked_assessment_id, i.asked_items, i.read_at IS NOT NULL OR s.id IS NOT NULL AS settled,
       coalesce(s.actor, i.read_by) AS settled_by, s.kind AS settled_as,
       (SELECT u.id FROM pro.text_settlements AS t
        JOIN pro.undone AS u ON u.study_id = t.study_id AND u.of_id = t.id AND u.kind = 'text_nothing'
        WHERE t.study_id = i.study_id AND t.inbound_id = i.id ORDER BY u.id DESC LIMIT 1) AS undone_id,
       (SELECT c.id FROM pro.contact_points AS c
        WHERE c.study_id = $1 AND c.participant_id = $2 AND c.blind_index = l.their_index
          AND c.valid_to IS NULL AND c.wrong_at IS NULL ORDER BY c.id DESC LIMIT 1) AS contact_id
FROM pro.inbounds AS i
JOIN pro.lines AS l ON l.study_id = i.study_id AND l.id = i.line_id
LEFT JOIN pro.standing_settlements AS s ON s.study_id = i.study_id AND s.inbound_id = i.id
WHERE i.study_id = $1 AND i.id = $3 AND i.disposition = 'needs_reading';

-- name: settle_text(study_id, participant_id, revision, write)
-- Say what became of a text, once: it leaves the list, with the reply, the call or the alert it asks for; or
-- write where none waits. `write` is one JSON document: settlements, lines, messages, calls, alerts. Any list may
-- be empty.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
-- A second one of the same text, after the same undoing of an earlier one, fails here, and with it everything below.
settled AS (
    INSERT INTO pro.text_settlements (study_id, id, inbound_id, line_id, participant_id, kind, reason, message_id,
        settled_at, actor, follows)
    SELECT $1, s.id, s.inbound_id, s.line_id, $2, s.kind, s.reason, s.message_id, pro.now(), s.actor, s.follows
    FROM doc, jsonb_to_recordset(d -> 'settlements') AS s (id uuid, inbound_id uuid, line_id uuid, kind text,
        reason text, message_id uuid, actor text, follows uuid)
    RETURNING inbound_id, actor
),
read AS (
    UPDATE pro.inbounds AS i SET read_at = pro.now(), read_by = s.actor FROM settled AS s
    WHERE i.study_id = $1 AND i.id = s.inbound_id AND i.read_at IS NULL
),
lined AS (
    INSERT INTO pro.lines SELECT r.* FROM doc, pro.line_rows($1, d -> 'lines') AS r
),
message_keyed AS (
    INSERT INTO pro.message_keys SELECT r.* FROM doc, pro.message_key_rows($1, d -> 'messages') AS r
),
replied AS (
    INSERT INTO pro.messages SELECT r.* FROM doc, pro.message_rows($1, $2, d -> 'messages') AS r
),
called AS (
    INSERT INTO pro.call_tasks SELECT r.* FROM doc, pro.call_task_rows($1, $2, d -> 'calls') AS r
    ON CONFLICT (study_id, participant_id, visit_id, reason) WHERE closed_at IS NULL DO NOTHING
),
alarmed AS (
    INSERT INTO pro.alerts (study_id, id, participant_id, inbound_id, rule, severity, uncertain_who, raised_at, actor)
    SELECT $1, x.id, x.participant_id, s.inbound_id, x.rule, x.severity, x.uncertain_who, pro.now(), x.actor
    FROM settled AS s, doc, jsonb_to_recordset(d -> 'alerts') AS x (id uuid, participant_id uuid, rule text,
        severity text, uncertain_who boolean, actor text)
    ON CONFLICT (study_id, inbound_id, participant_id, rule) WHERE inbound_id IS NOT NULL DO NOTHING
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: set_text_aside(study_id, id, inbound_id, reason, actor)
-- Nothing is needed about a text that is nobody's in particular, once, for a reason of the program's.
WITH open AS (
    SELECT i.id, i.line_id,
           (SELECT u.id FROM pro.text_settlements AS t
            JOIN pro.undone AS u ON u.study_id = t.study_id AND u.of_id = t.id AND u.kind = 'text_nothing'
            WHERE t.study_id = i.study_id AND t.inbound_id = i.id ORDER BY u.id DESC LIMIT 1) AS undone_id
    FROM pro.inbounds AS i
    WHERE i.study_id = $1 AND i.id = $3 AND i.participant_id IS NULL AND i.read_at IS NULL
      AND i.disposition = 'needs_reading'
),
settled AS (
    INSERT INTO pro.text_settlements (study_id, id, inbound_id, line_id, kind, reason, settled_at, actor, follows)
    SELECT $1, $2, o.id, o.line_id, 'nothing', $4, pro.now(), $5, o.undone_id FROM open AS o
    ON CONFLICT (study_id, inbound_id, follows) DO NOTHING
    RETURNING inbound_id
)
UPDATE pro.inbounds AS i SET read_at = pro.now(), read_by = $5 FROM settled AS s
WHERE i.study_id = $1 AND i.id = s.inbound_id
RETURNING i.id;

-- name: list_settling_notes(study_id, inbound_ids)
-- What staff wrote as they settled texts, sealed, each with the key that opens it.
SELECT n.id, n.words_sealed, n.words_key, k.id AS key_id, k.wrapped, k.wrapping_key
FROM pro.standing_settlements AS s
JOIN pro.notes AS n ON n.study_id = s.study_id AND n.id = pro.note_of(s.reason)
LEFT JOIN pro.data_keys AS k ON k.study_id = n.study_id AND k.participant_id = n.participant_id
WHERE s.study_id = $1 AND s.inbound_id = ANY ($2::uuid[]);
