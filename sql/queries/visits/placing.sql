-- name: move_to_site(study_id, participant_id, revision, id, site_id, actor)
-- A participant belongs to another site from now on; what was recorded at the former one stays theirs to read.
WITH turn AS (
    UPDATE pro.participant_revisions SET revision = revision + 1
    WHERE study_id = $1 AND participant_id = $2 AND revision = $3
    RETURNING participant_id
),
left_behind AS (
    UPDATE pro.participant_sites AS s SET valid_to = pro.now()
    FROM turn
    WHERE s.study_id = $1 AND s.participant_id = turn.participant_id AND s.valid_to IS NULL
    RETURNING s.participant_id
),
placed AS (
    INSERT INTO pro.participant_sites (study_id, id, participant_id, site_id, valid_from, actor)
    SELECT $1, $4, l.participant_id, $5, pro.now(), $6 FROM left_behind AS l
)
SELECT pro.demand_fresh((SELECT count(*) FROM turn) = 1) AS fresh;
