-- name: find_card_by_token(token_sha256)
-- Whose card a scanned picture is. Nothing about a card that has ended.
SELECT c.study_id, c.id, c.participant_id FROM pro.cards AS c
WHERE c.token_sha256 = $1 AND c.ended_at IS NULL;

-- name: list_cards_by_code(personal_code)
-- Whose card a typed code stands on; more than one only if two studies chose the same code.
SELECT c.study_id, c.id, c.participant_id FROM pro.participants AS p
JOIN pro.cards AS c ON c.study_id = p.study_id AND c.participant_id = p.id AND c.ended_at IS NULL
WHERE p.personal_code = $1;

-- name: begin_entry_try(purpose, source_sha256, per_source, overall, within)
-- Count one more try at a code or a second factor, or refuse it.
SELECT pro.begin_entry_try($1, $2, $3, $4, $5) AS try;

-- name: forget_entry_try(try)
-- A try that was right counts no more.
SELECT pro.forget_entry_try($1) AS done;

-- name: begin_session(session_sha256, study_id, participant_id, invitation_id, card_id, authentication)
-- Begin a session of a participant; those of last week leave no trace.
WITH swept AS (
    DELETE FROM pro.participant_sessions WHERE started_at < clock_timestamp() - interval '7 days'
)
INSERT INTO pro.participant_sessions (id_sha256, study_id, participant_id, invitation_id, card_id,
    authentication)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: find_session(session_sha256, lifetime)
-- Who an open session is, while what opened it is in force.
SELECT s.study_id, s.participant_id, s.visit_id, s.authentication FROM pro.session_in_force($1, $2) AS s;

-- name: find_guest_by_link(token_sha256, answers_of)
-- Whose link this is, with their lean facts. Nothing about a link that has ended or expired.
SELECT i.study_id, i.participant_id, i.visit_id, i.authentication, f.facts, pro.facts_origin() AS origin
FROM pro.link_in_force($1) AS i
CROSS JOIN LATERAL pro.facts_of(i.study_id, i.participant_id, $2, true) AS f;

-- name: find_guest_by_session(session_sha256, lifetime, answers_of)
-- Who an open session is, while what opened it is in force, with their lean facts.
SELECT s.study_id, s.participant_id, s.visit_id, s.authentication, f.facts, pro.facts_origin() AS origin
FROM pro.session_in_force($1, $2) AS s
CROSS JOIN LATERAL pro.facts_of(s.study_id, s.participant_id, $3, true) AS f;

-- name: look_again_by_link(token_sha256)
-- Whose link this is, with their revision and what it does not guard: for whoever has their facts in hand.
SELECT i.study_id, i.participant_id, i.visit_id, i.authentication, f.origin, f.revision, f.now, f.around
FROM pro.link_in_force($1) AS i
CROSS JOIN LATERAL pro.facts_around(i.study_id, i.participant_id) AS f;

-- name: look_again_by_session(session_sha256, lifetime)
-- The same of whoever has an open session, while what opened it is in force.
SELECT s.study_id, s.participant_id, s.visit_id, s.authentication, f.origin, f.revision, f.now, f.around
FROM pro.session_in_force($1, $2) AS s
CROSS JOIN LATERAL pro.facts_around(s.study_id, s.participant_id) AS f;

-- name: mark_factor_given(session_sha256)
-- The second factor was right: from now on the session is worth more.
UPDATE pro.participant_sessions SET authentication = authentication || '_and_factor'
WHERE id_sha256 = $1 AND ended_at IS NULL AND authentication IN ('link', 'card');

-- name: end_session(session_sha256)
-- The participant leaves this device.
UPDATE pro.participant_sessions SET ended_at = clock_timestamp()
WHERE id_sha256 = $1 AND ended_at IS NULL;

-- name: find_identity(study_id, participant_id, kind)
-- What is known of a participant, sealed: the latest word.
SELECT id, value_sealed, value_key FROM pro.identities
WHERE study_id = $1 AND participant_id = $2 AND kind = $3
ORDER BY id DESC LIMIT 1;
