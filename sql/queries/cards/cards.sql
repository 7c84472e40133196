-- name: list_card_holders(study_id, site, codes)
-- What is printed on the cards of a site, or of the participants named; NULL narrows nothing.
SELECT p.id, p.code, p.personal_code, p.language, r.revision, c.id AS card_id, c.link_key,
       t.id AS site_id, t.telephone, t.zone, v.document #> '{study,sender}' AS senders,
       pro.addresses_of_site(p.study_id, t.id) AS addresses
FROM pro.present_participants AS p
JOIN pro.participant_revisions AS r ON r.study_id = p.study_id AND r.participant_id = p.id
JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
JOIN pro.protocol_versions AS v ON v.study_id = p.study_id AND v.id = p.protocol_version_id
LEFT JOIN pro.cards AS c ON c.study_id = p.study_id AND c.participant_id = p.id AND c.ended_at IS NULL
WHERE p.study_id = $1 AND ($2::text IS NULL OR t.code = $2) AND ($3::text[] IS NULL OR p.code = ANY ($3))
ORDER BY t.code, p.code;

-- name: renew_card(study_id, participant_id, revision, write)
-- End a participant's card, if there is one, and make a new one; with `personal_code`, under a new code.
-- `write` is one JSON document: id, token_sha256, link_key, personal_code, actor, reason.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING revision
),
doc AS (SELECT $4::jsonb AS d FROM turn),
ended AS (
    UPDATE pro.cards AS c SET ended_at = pro.now() FROM doc
    WHERE c.study_id = $1 AND c.participant_id = $2 AND c.ended_at IS NULL
),
coded AS (
    UPDATE pro.participants AS p SET personal_code = d ->> 'personal_code' FROM doc
    WHERE p.study_id = $1 AND p.id = $2 AND d ->> 'personal_code' IS NOT NULL
),
made AS (
    INSERT INTO pro.cards (study_id, id, participant_id, token_sha256, link_key, actor, reason)
    SELECT $1, c.id, $2, decode(c.token_sha256, 'hex'), c.link_key, c.actor, c.reason
    FROM doc, jsonb_to_record(d) AS c (id uuid, token_sha256 text, link_key text, actor text, reason text)
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;

-- name: list_codes_in_use(personal_codes)
-- Those of these codes that some participant of any study has.
SELECT DISTINCT personal_code FROM pro.participants WHERE personal_code = ANY ($1::text[]);

-- name: insert_card_showings(study_id, ids, participant_ids, card_ids, way, source_sha256, actor)
-- Record that cards were shown or printed: who, whose, when, and at the desk in which network.
INSERT INTO pro.card_showings (study_id, id, participant_id, card_id, way, source_sha256, actor)
SELECT $1, s.id, s.participant_id, s.card_id, $5, $6, $7
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS s (id, participant_id, card_id);

-- name: list_card_showings(study_id, participant_id, shown_for, most)
-- To whom a participant's cards were shown, newest first, of a card that ended as well; and whether it was
-- so short a time ago that it still is.
SELECT s.card_id, s.way, s.recorded_at, s.actor, s.recorded_at > pro.now() - $3::interval AS still
FROM pro.card_showings AS s
WHERE s.study_id = $1 AND s.participant_id = $2
ORDER BY s.recorded_at DESC, s.id DESC LIMIT $4;
