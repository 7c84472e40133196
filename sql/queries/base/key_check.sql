-- name: list_wrapping_keys()
-- Every key that wraps data keys, with one it wrapped. From one key to the next by the index, as in the two
-- queries below: DISTINCT would read every row.
WITH RECURSIVE k AS (
    (SELECT n.wrapping_key, n.id, n.wrapped FROM pro.data_keys AS n
     ORDER BY n.wrapping_key LIMIT 1)
    UNION ALL
    SELECT one.* FROM k
    CROSS JOIN LATERAL (SELECT n.wrapping_key, n.id, n.wrapped FROM pro.data_keys AS n
                        WHERE n.wrapping_key > k.wrapping_key ORDER BY n.wrapping_key LIMIT 1) AS one
)
SELECT k.wrapping_key AS key_id, k.id, k.wrapped FROM k ORDER BY k.wrapping_key;

-- name: list_index_keys()
-- Every key that numbers are found by, with a number stored under it and the key that opens that.
WITH RECURSIVE k AS (
    (SELECT n.index_key, n.study_id, n.id FROM pro.contact_points AS n WHERE n.kind = 'phone'
     ORDER BY n.index_key LIMIT 1)
    UNION ALL
    SELECT one.* FROM k
    CROSS JOIN LATERAL (SELECT n.index_key, n.study_id, n.id FROM pro.contact_points AS n
                        WHERE n.kind = 'phone' AND n.index_key > k.index_key
                        ORDER BY n.index_key LIMIT 1) AS one
)
SELECT k.index_key AS key_id, k.id, n.address_sealed, n.address_key, n.blind_index, d.id AS data_key_id, d.wrapped,
       d.wrapping_key
FROM k
-- Keys are few: one row each.
CROSS JOIN LATERAL (SELECT * FROM pro.contact_points AS x
                    WHERE x.study_id = k.study_id AND x.id = k.id OFFSET 0) AS n
CROSS JOIN LATERAL (SELECT * FROM pro.data_keys AS x
                    WHERE x.study_id = n.study_id AND x.participant_id = n.participant_id OFFSET 0) AS d
ORDER BY k.index_key;

-- name: list_link_keys()
-- Every key that tokens of links and cards are made with, with the hash of one it made.
WITH RECURSIVE i AS (
    (SELECT n.link_key, n.id, n.token_sha256 FROM pro.invitations AS n
     ORDER BY n.link_key LIMIT 1)
    UNION ALL
    SELECT one.* FROM i
    CROSS JOIN LATERAL (SELECT n.link_key, n.id, n.token_sha256 FROM pro.invitations AS n
                        WHERE n.link_key > i.link_key ORDER BY n.link_key LIMIT 1) AS one
),
c AS (
    (SELECT n.link_key, n.id, n.token_sha256 FROM pro.cards AS n
     ORDER BY n.link_key LIMIT 1)
    UNION ALL
    SELECT one.* FROM c
    CROSS JOIN LATERAL (SELECT n.link_key, n.id, n.token_sha256 FROM pro.cards AS n
                        WHERE n.link_key > c.link_key ORDER BY n.link_key LIMIT 1) AS one
)
SELECT i.link_key AS key_id, i.id, i.token_sha256 FROM i
UNION ALL
SELECT c.link_key, c.id, c.token_sha256 FROM c
ORDER BY 1;
