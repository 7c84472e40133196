-- name: list_digest_mornings(begins, ends)
-- Sites where it is morning, between these times of day, and nobody was sent that day's digest.
SELECT y.study_id, y.id AS site_id, y.country, m.local::date AS day
FROM pro.sites AS y
CROSS JOIN LATERAL (SELECT pro.now() AT TIME ZONE y.zone AS local) AS m
WHERE m.local::time >= $1 AND m.local::time < $2
  AND NOT EXISTS (SELECT FROM pro.digests AS d
                  WHERE d.study_id = y.study_id AND d.site_id = y.id AND d.day = m.local::date)
ORDER BY y.study_id, y.id;

-- name: claim_digests(study_id, site_id, day, ids, staff_ids, actor)
-- Write down who is sent the digest of a day; whom another worker wrote down is left out.
INSERT INTO pro.digests (study_id, id, site_id, staff_id, day, actor)
SELECT $1, n.id, $2, n.staff_id, $3, $6 FROM unnest($4::uuid[], $5::uuid[]) AS n (id, staff_id)
ON CONFLICT (study_id, site_id, day, staff_id) DO NOTHING
RETURNING staff_id;
