-- name: list_sittings_copied(study_id, participant_id)
-- How each sitting was answered: on what, in which words, by which release; never what.
SELECT t.id, t.assessment_id, t.ordinal, t.mode, concat_ws('.', t.respondent, t.respondent_relation) AS respondent,
       t.language, t.device_class, t.release, t.instrument_sha256, t.wording_sha256, t.started_at, t.submitted_at,
       t.interviewer, t.actor
FROM pro.attempts AS t
WHERE t.study_id = $1 AND t.participant_id = $2
ORDER BY t.started_at, t.id;

-- name: list_audit_copied(study_id, participant_id)
-- Every entry of the audit about a participant: who, when, why, and no value.
SELECT e.id, e.at, e.table_name, e.operation, e.actor, e.reason FROM pro.desk_audit_extract($1, $2) AS e;

-- name: get_protocol_copied(version_id)
-- What a protocol version is called, and the hash of its content.
SELECT v.label, v.content_sha256 FROM pro.protocol_versions AS v WHERE v.id = $1;

-- name: list_staff_places(study_id, login)
-- A member of a study by the name its record knows them by: a row for each role they hold now at each site; one of the
-- whole study stands once for every site. One without a site: they hold none.
SELECT m.staff_id, m.login, coalesce(r.site_id, t.id) AS site_id, r.role
FROM pro.present_staff AS m
JOIN pro.people AS p ON p.id = m.person_id AND p.disabled_at IS NULL
LEFT JOIN pro.present_roles AS r ON r.study_id = m.study_id AND r.staff_id = m.staff_id
LEFT JOIN pro.sites AS t ON t.study_id = r.study_id AND r.site_id IS NULL
WHERE m.study_id = $1 AND m.login = $2;
