-- name: find_sender_by_route(provider, routes)
-- Whose a text is that came to no address of ours: a sender's of that name or alias, the most exact route first; else
-- the provider's only sender's, whatever addresses it has had there; and from which of ours it is answered now.
SELECT s.study_id, s.id, s.site_id, y.sender AS sender_name, s.provider, now.id AS now_id,
       now.provider AS now_provider
FROM pro.senders AS s
CROSS JOIN LATERAL pro.what_sender_became(s.study_id, s.id) AS now
JOIN pro.studies AS y ON y.id = s.study_id
LEFT JOIN LATERAL (
    SELECT min(array_position($2::text[], n.name)) AS place
    FROM (SELECT s.address AS name UNION ALL
          SELECT a.alias FROM pro.sender_aliases AS a
          WHERE a.study_id = s.study_id AND a.sender_id = s.id AND a.provider = $1) AS n
) AS r ON true
WHERE s.provider = $1
  AND (r.place IS NOT NULL
       OR NOT EXISTS (SELECT FROM pro.senders AS o
                      WHERE o.provider = $1 AND o.id NOT IN (SELECT j.id FROM pro.joined_senders(s.study_id, s.id) AS j)))
ORDER BY r.place NULLS LAST, now.moved_by DESC NULLS LAST LIMIT 1;

-- name: insert_sender_alias(study_id, id, provider, alias, address, actor)
-- From now on a text that came by this name is the sender's; nothing for an address that is none of ours there.
INSERT INTO pro.sender_aliases (study_id, id, provider, alias, sender_id, actor)
SELECT s.study_id, $2, s.provider, $4, s.id, $6 FROM pro.senders AS s
WHERE s.study_id = $1 AND s.provider = $3 AND s.address = $5
RETURNING id;
