-- name: list_wrapping_keys()
-- Every key that wraps data keys, with one it wrapped.
SELECT k.wrapping_key AS key_id, one.id, one.wrapped
FROM (SELECT DISTINCT d.wrapping_key FROM pro.data_keys AS d) AS k
CROSS JOIN LATERAL (SELECT d.id, d.wrapped FROM pro.data_keys AS d
                    WHERE d.wrapping_key = k.wrapping_key LIMIT 1) AS one
ORDER BY k.wrapping_key;

-- name: list_index_keys()
-- Every key that numbers are found by, with a number stored under it and the key that opens that.
SELECT k.index_key AS key_id, one.id, one.address_sealed, one.address_key, one.blind_index, one.data_key_id,
       one.wrapped, one.wrapping_key
FROM (SELECT DISTINCT n.index_key FROM pro.contact_points AS n WHERE n.kind = 'phone') AS k
CROSS JOIN LATERAL (SELECT n.id, n.address_sealed, n.address_key, n.blind_index, d.id AS data_key_id, d.wrapped,
                           d.wrapping_key
                    FROM pro.contact_points AS n
                    JOIN pro.data_keys AS d ON d.study_id = n.study_id AND d.participant_id = n.participant_id
                    WHERE n.index_key = k.index_key AND n.kind = 'phone' LIMIT 1) AS one
ORDER BY k.index_key;

-- name: list_link_keys()
-- Every key that tokens of links and cards are made with, with the hash of one it made.
SELECT k.link_key AS key_id, one.id, one.token_sha256
FROM (SELECT DISTINCT i.link_key FROM pro.invitations AS i) AS k
CROSS JOIN LATERAL (SELECT i.id, i.token_sha256 FROM pro.invitations AS i
                    WHERE i.link_key = k.link_key LIMIT 1) AS one
UNION ALL
SELECT k.link_key, one.id, one.token_sha256
FROM (SELECT DISTINCT c.link_key FROM pro.cards AS c) AS k
CROSS JOIN LATERAL (SELECT c.id, c.token_sha256 FROM pro.cards AS c
                    WHERE c.link_key = k.link_key LIMIT 1) AS one
ORDER BY 1;
