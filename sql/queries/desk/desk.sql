-- name: enter_desk(actor, site_ids, site_roles, reason)
-- Say for this transaction who reads or writes, at which sites, in which roles, and why.
SELECT set_config('pro.actor', $1, true) AS actor, set_config('pro.site_ids', $2, true) AS site_ids,
       set_config('pro.site_roles', $3, true) AS site_roles, set_config('pro.reason', $4, true) AS reason;

-- name: enter_desk_with_note(actor, site_ids, site_roles, study_id, participant_id, note_id, words_sealed, words_key)
-- The same for a transaction that writes, with the note that says why: it is kept once it is known who
-- writes and where.
WITH seated AS MATERIALIZED (
    SELECT set_config('pro.actor', $1, true) AS actor, set_config('pro.site_ids', $2, true) AS site_ids,
           set_config('pro.site_roles', $3, true) AS site_roles,
           set_config('pro.reason', 'note:' || $6::uuid, true) AS reason
)
INSERT INTO pro.notes (study_id, id, participant_id, words_sealed, words_key, actor)
SELECT $4, $6, $5, $7, $8, s.actor FROM seated AS s
WHERE num_nonnulls(s.site_ids, s.site_roles, s.reason) = 3;

-- name: list_desk_sites(study_id)
-- The sites the member of staff is assigned to now.
SELECT id, code, name, zone, country FROM pro.sites WHERE study_id = $1 ORDER BY code;

-- name: list_open_calls(study_id, most)
-- Who is to be called now, why, what is owed and until when, and whom one may ring: alerts nobody has seen or
-- assessed first, then unanswered safety checks. What comes back later is not there before.
SELECT k.id, p.code, p.protocol_version_id,
       p.language, p.zone, h.site_id, k.reason, k.created_at,
       k.closes_at, k.visit_id, v.definition, v.occurrence,
       coalesce((SELECT jsonb_agg(jsonb_build_object('instrument', a.instrument, 'target', a.target)
                                  ORDER BY a.id)
                 FROM pro.assessments AS a
                 WHERE a.study_id = k.study_id AND a.visit_id = k.visit_id
                   AND a.submitted_at IS NULL AND a.declined_at IS NULL), '[]') AS owed,
       pro.desk_rung(k.study_id, k.participant_id) AS contacts, f.total
FROM pro.desk_first_calls($1, interval '0', $2) AS f
JOIN pro.call_tasks AS k ON k.study_id = $1 AND k.id = f.id
JOIN pro.present_participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
LEFT JOIN pro.visits AS v ON v.study_id = k.study_id AND v.id = k.visit_id
JOIN LATERAL pro.site_seen(k.study_id, k.participant_id) AS h ON true
ORDER BY f.place;

-- name: list_open_alerts(study_id, most)
-- Alerts that are not closed, each with the assessment that stands: urgent ones first, of those the unseen, then
-- those that are not assessed.
SELECT x.id, p.code, p.protocol_version_id, p.zone, h.site_id, x.rule, x.severity, x.raised_at,
       x.seen_at, x.seen_by, s.id AS stands, s.verdict, s.reference, s.assessed_at,
       s.actor AS assessed_by, x.inbound_id IS NOT NULL AS by_text, x.uncertain_who, x.answered_at,
       a.instrument, a.target, v.definition, v.occurrence, k.held_until, k.actor AS held_by,
       pro.last_told(x.study_id, x.participant_id, x.raised_at) AS told, f.total
FROM pro.desk_first_alerts($1, $2) AS f
JOIN pro.alerts AS x ON x.study_id = $1 AND x.id = f.id
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
LEFT JOIN pro.assessments AS a ON a.study_id = x.study_id AND a.id = x.assessment_id
LEFT JOIN pro.visits AS v ON v.study_id = a.study_id AND v.id = a.visit_id
JOIN LATERAL pro.site_seen(x.study_id, x.participant_id) AS h ON true
LEFT JOIN LATERAL (SELECT w.id, w.verdict, w.reference, w.assessed_at, w.actor FROM pro.alert_assessments AS w
                   WHERE w.study_id = x.study_id AND w.alert_id = x.id ORDER BY w.id DESC LIMIT 1) AS s ON true
LEFT JOIN LATERAL pro.alert_held(x.study_id, x.participant_id, x.raised_at) AS k ON true
ORDER BY f.place;

-- name: list_texts_to_read(study_id, most)
-- Texts in words that nobody has read, those that name a sign of harm first, then the oldest; one from a
-- shared number names all who use it, one from a stranger nobody; and to whose text each comes back, where staff
-- wrote last on its line before it came.
SELECT i.id, coalesce(u.codes, '{}') AS codes, coalesce(h.site_id, x.site_id) AS site_id, i.body_sealed,
       i.body_key, i.media_count, i.urgent, i.received_at, k.id AS key_id, k.wrapped, k.wrapping_key,
       (SELECT m.actor FROM pro.sent_staff_texts AS s
        JOIN pro.messages AS m ON m.study_id = s.study_id AND m.id = s.id
        WHERE s.study_id = i.study_id AND s.line_id = i.line_id AND s.claimed_at < i.received_at
          AND NOT EXISTS (SELECT FROM pro.messages AS q
                          WHERE q.study_id = i.study_id AND q.line_id = i.line_id AND q.kind = 'reminder'
                            AND q.claimed_at > s.claimed_at AND q.claimed_at < i.received_at)
        ORDER BY s.claimed_at DESC LIMIT 1) AS comes_back_to,
       f.total
FROM pro.desk_first_texts($1, $2) AS f
JOIN pro.inbounds AS i ON i.study_id = $1 AND i.id = f.id
CROSS JOIN LATERAL (
    SELECT array_agg(p.code ORDER BY p.code) AS codes, (array_agg(p.id ORDER BY p.code))[1] AS first_id
    FROM pro.senders_of_text(i.study_id, i.participant_id, i.line_id) AS w
    JOIN pro.participants AS p ON p.study_id = i.study_id AND p.id = w.id
) AS u
LEFT JOIN LATERAL pro.site_seen(i.study_id, u.first_id) AS h ON true
LEFT JOIN LATERAL (SELECT pro.desk_stranger_site(i.study_id, i.line_id) AS site_id
              WHERE i.participant_id IS NULL AND u.codes IS NULL) AS x ON true
LEFT JOIN LATERAL pro.key_named(i.study_id, i.body_key) AS k ON true
WHERE coalesce(h.site_id, x.site_id) IS NOT NULL
ORDER BY f.place;

-- name: list_held_numbers(study_id, most)
-- Everybody whose number now asks for no texts, the latest first.
SELECT o.id, p.code, h.site_id, o.started_at, o.reason, o.actor, n.id AS note_id, n.words_sealed,
       n.words_key, k.id AS key_id, k.wrapped, k.wrapping_key, o.total
FROM pro.desk_first_held($1, $2) AS o
JOIN pro.participants AS p ON p.study_id = $1 AND p.id = o.participant_id
JOIN LATERAL pro.site_seen($1, p.id) AS h ON true
LEFT JOIN pro.notes AS n ON n.study_id = $1 AND n.id = pro.note_of(o.reason)
LEFT JOIN pro.data_keys AS k ON k.study_id = $1 AND k.participant_id = n.participant_id
ORDER BY o.started_at DESC, p.code;

-- name: list_unreached(study_id, parted, most)
-- The first who may be out of reach, longest so first, with everything that tells whether they are, and where they
-- stand; none whose status is one of `parted`.
SELECT u.id, u.code, u.protocol_version_id, u.site_id, u.contacts, u.consent, u.alone_since, u.failed_texts,
       u.failed_since, u.silent_visits, u.silent_since, u.last_answer_at, u.statuses, u.died_at, u.now
FROM pro.desk_unreached($1, $2, $3) AS u;

-- name: list_uncertain_messages(study_id, most)
-- Messages of which nobody knows whether they went out, and nobody has dealt with; newest first.
SELECT m.id, p.code, h.site_id, m.template, m.state, m.state_reason,
       coalesce(m.claimed_at, m.recorded_at) AS at, count(*) OVER () AS total
FROM pro.messages AS m
JOIN pro.participants AS p ON p.study_id = m.study_id AND p.id = m.participant_id
JOIN LATERAL pro.site_seen(m.study_id, m.participant_id) AS h ON true
WHERE m.study_id = $1 AND m.state IN ('ambiguous', 'unconfirmed') AND m.dealt_at IS NULL
ORDER BY m.id DESC LIMIT $2;

-- name: list_progress(study_id, participant_ids)
-- Of each assessment whether it was begun, answered, sent and can be scored, and how many items are settled of
-- what was not sent: never what was answered.
SELECT assessment_id, begun, answered, settled, scorable, sent_at FROM pro.desk_progress($1, $2);


-- name: deal_with_message(study_id, message_id, actor, note)
-- Say what was done about a text whose fate never became known; what was said before stays.
UPDATE pro.messages SET dealt_at = pro.now(), dealt_by = $3, dealt_note = $4
WHERE study_id = $1 AND id = $2 AND state = 'unconfirmed' AND dealt_at IS NULL RETURNING id;

-- name: find_dealt_message(study_id, message_id)
-- Who has dealt with such a text here; no row: nobody has.
SELECT dealt_by FROM pro.messages WHERE study_id = $1 AND id = $2 AND dealt_at IS NOT NULL;
