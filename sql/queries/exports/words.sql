-- name: list_exported_words(study_id, participant_ids, as_of)
-- The words written about these participants by an instant, and of theirs the texts that somebody had to read: sealed, each
-- with the key that opens it and the row it stands with. Why somebody was unblinded is not among them: it may tell the arm.
-- Whose a text is, the number says that it came from: of somebody else's it is theirs (R25), of none of these nobody knows.
SELECT p.id AS participant_id, x.*
FROM unnest($2::uuid[]) WITH ORDINALITY AS p (id, place)
CROSS JOIN LATERAL (
    SELECT n.id, coalesce(w.about, 'other') AS about, w.about_id, o.actor LIKE 'participant:%' AS by_participant, n.words_sealed, n.words_key,
           n.key_id, n.wrapped, n.wrapping_key, o.recorded_at, o.actor
    FROM pro.notes AS o
    JOIN pro.readable_notes AS n ON n.study_id = $1 AND n.id = o.id
    LEFT JOIN (
        -- A note that stands in several places is told once, with the first of them.
        SELECT DISTINCT ON (s.note) s.note, s.about, s.about_id
        FROM (
            SELECT 1 AS rank, pro.note_of(a.action) AS note, 'alert' AS about, a.id AS about_id
            FROM pro.alerts AS a WHERE a.study_id = $1 AND a.participant_id = p.id
            UNION ALL
            SELECT 2, pro.note_of(a.told), 'alert', a.alert_id
            FROM pro.alert_assessments AS a WHERE a.study_id = $1 AND a.participant_id = p.id
            UNION ALL
            SELECT 3, pro.note_of(k.outcome), 'call', k.id
            FROM pro.call_tasks AS k WHERE k.study_id = $1 AND k.participant_id = p.id
            UNION ALL
            SELECT 4, pro.note_of(c.said), 'correction', c.id
            FROM (SELECT r.id, v.said FROM pro.corrections AS r CROSS JOIN LATERAL (VALUES (r.source), (r.reason)) AS v (said)
                  WHERE r.study_id = $1 AND r.participant_id = p.id) AS c
            UNION ALL
            SELECT 5, pro.note_of(d.reason), 'correction', d.correction_id
            FROM pro.correction_decisions AS d
            JOIN pro.corrections AS c ON c.study_id = $1 AND c.id = d.correction_id AND c.participant_id = p.id
            WHERE d.study_id = $1
            UNION ALL
            SELECT 6, pro.note_of(q.said), 'data_query', q.id
            FROM pro.data_queries AS q WHERE q.study_id = $1 AND q.participant_id = p.id
            UNION ALL
            SELECT 7, pro.note_of(t.said), 'data_query', t.query_id
            FROM pro.data_queries AS q
            JOIN pro.data_query_steps AS t ON t.study_id = $1 AND t.query_id = q.id
            WHERE q.study_id = $1 AND q.participant_id = p.id
            UNION ALL
            SELECT 8, pro.note_of(r.said), 'remark', r.id
            FROM pro.remarks AS r WHERE r.study_id = $1 AND r.participant_id = p.id
        ) AS s
        WHERE s.note IS NOT NULL
        ORDER BY s.note, s.rank
    ) AS w ON w.note = o.id
    WHERE o.study_id = $1 AND o.participant_id = p.id AND o.recorded_at <= $3
      AND NOT EXISTS (SELECT FROM pro.unblindings AS u
                      WHERE u.study_id = $1 AND u.participant_id = p.id AND pro.note_of(u.reason) = o.id)
    UNION ALL
    SELECT i.id, 'text', i.id, (
               SELECT c.whose = 'self' FROM pro.lines AS l
               JOIN pro.contact_points AS c ON c.study_id = $1 AND c.participant_id = p.id AND c.blind_index = l.their_index
               WHERE l.study_id = $1 AND l.id = i.line_id AND c.valid_from <= i.recorded_at
               ORDER BY c.valid_to IS NULL OR c.valid_to > i.recorded_at DESC, c.id DESC LIMIT 1), i.body_sealed, i.body_key, k.id, k.wrapped, k.wrapping_key, i.recorded_at, i.actor
    FROM pro.inbounds AS i
    LEFT JOIN LATERAL pro.key_named($1, i.body_key) AS k ON true
    WHERE i.study_id = $1 AND i.participant_id = p.id AND i.disposition = 'needs_reading' AND i.recorded_at <= $3
    ORDER BY id
) AS x
ORDER BY p.place;
