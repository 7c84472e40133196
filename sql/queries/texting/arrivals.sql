-- name: find_arrival(provider, addresses, their_indexes, came_at, in_hand)
-- Whose a text is, in one trip: which of our addresses it came to (the first of these that is one), the line from it,
-- and a row each who uses the number; with how far the question they were asked last has come and, if they may be
-- in hand, what stands around their facts. No row: it is no address of ours.
WITH sender AS MATERIALIZED (
    SELECT s.study_id, s.id, s.provider, s.site_id, st.sender AS sender_name, now.id AS now_id,
           now.provider AS now_provider
    FROM pro.senders AS s JOIN pro.studies AS st ON st.id = s.study_id
    CROSS JOIN LATERAL pro.what_sender_became(s.study_id, s.id) AS now
    WHERE s.provider = $1 AND s.address = ANY ($2::text[])
    ORDER BY array_position($2, s.address), now.moved_by DESC NULLS LAST LIMIT 1
)
SELECT s.study_id AS "sender.study_id", s.id AS "sender.id", s.provider AS "sender.provider",
       s.site_id AS "sender.site_id", s.sender_name AS "sender.sender_name", s.now_id AS "sender.now_id",
       s.now_provider AS "sender.now_provider",
       l.id AS "line.id", l.focus_participant_id AS "line.focus_participant_id", l.focused_at AS "line.focused_at",
       l.their_address_sealed AS "line.their_address_sealed", l.their_address_key AS "line.their_address_key",
       u.id AS "user.id", u.personal_code AS "user.personal_code", u.dialogue::text AS "user.dialogue",
       u.to_confirm AS "user.to_confirm", u.relation AS "user.relation", u.may_be_texted AS "user.may_be_texted",
       u.silenced_at AS "user.silenced_at", u.now AS "user.now", u.first_text AS "user.first_text",
       u.contact_id AS "user.contact_id", u.staff_wrote AS "user.staff_wrote",
       c.state AS "carrier.state", c.accepted_for AS "carrier.accepted_for",
       c.staff_wrote AS "carrier.staff_wrote", c.heard_texts AS "carrier.heard_texts",
       f.origin AS "around.origin", f.revision AS "around.revision", f.now AS "around.now", f.around AS "around.around"
FROM sender AS s
LEFT JOIN LATERAL pro.line_between(s.study_id, s.now_id, $3) AS l ON true
LEFT JOIN LATERAL (
    SELECT w.*, (w.dialogue #>> '{prompt,message_id}')::uuid AS asked_by,
           ARRAY(SELECT h.id::uuid FROM jsonb_array_elements_text(w.dialogue -> 'heard') AS h (id)) AS heard
    FROM pro.users_of_line(s.study_id, $3, l.id) AS w) AS u ON true
LEFT JOIN LATERAL pro.carrier_of(s.study_id, u.asked_by, $4, u.heard) AS c ON true
LEFT JOIN LATERAL (SELECT a.* FROM pro.facts_around(s.study_id, u.id) AS a WHERE $5 OFFSET 0) AS f ON true
ORDER BY u.id;

-- name: list_line_participants(study_id, their_indexes, line_id)
-- Who now uses a number, with the dialogue each has on this line of it.
SELECT u.id, u.personal_code, u.dialogue::text AS dialogue, u.to_confirm, u.relation, u.may_be_texted, u.silenced_at,
       u.now, u.first_text, u.contact_id, u.staff_wrote
FROM pro.users_of_line($1, $2, $3) AS u
ORDER BY u.id;
