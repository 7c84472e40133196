-- name: find_place(study_id, code)
-- A participant seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id, pro.is_restricted(p.study_id, p.id) AS restricted
FROM pro.participants AS p
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE p.study_id = $1 AND p.code = $2;

-- name: find_place_of_alert(study_id, alert_id)
-- Whose alert this is, if it is seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id, pro.is_restricted(p.study_id, p.id) AS restricted
FROM pro.alerts AS x
JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE x.study_id = $1 AND x.id = $2;

-- name: find_place_of_call(study_id, call_id)
-- Who is to be called, if the task is seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id, pro.is_restricted(p.study_id, p.id) AS restricted
FROM pro.call_tasks AS k
JOIN pro.participants AS p ON p.study_id = k.study_id AND p.id = k.participant_id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE k.study_id = $1 AND k.id = $2;

-- name: find_place_of_message(study_id, message_id)
-- To whom a text was to go, if it is seen from here, and the site they are at now if it is one of ours.
SELECT p.id AS participant_id, p.code, ps.site_id, pro.is_restricted(p.study_id, p.id) AS restricted
FROM pro.messages AS m
JOIN pro.participants AS p ON p.study_id = m.study_id AND p.id = m.participant_id
LEFT JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE m.study_id = $1 AND m.id = $2;

-- name: list_present_codes(study_id, codes)
-- Who of those listed is now at a site of ours: a former site reads its own period and acts no more.
SELECT p.code
FROM pro.participants AS p
JOIN pro.participant_sites AS ps
  ON ps.study_id = p.study_id AND ps.participant_id = p.id AND ps.valid_to IS NULL
WHERE p.study_id = $1 AND p.code = ANY ($2::text[]);
