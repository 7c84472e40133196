-- name: list_people_named(typed)
-- Everybody a typed name may mean: one, if it is clear.
SELECT p.id, p.login, p.disabled_at IS NOT NULL AS disabled
FROM pro.people_named($1) AS n (id) JOIN pro.people AS p ON p.id = n.id ORDER BY p.login;

-- name: insert_person(id, login, language, actor, name)
-- Add a person, who is in no study yet and has no password.
INSERT INTO pro.people (id, login, language, actor, name) VALUES ($1, $2, $3, $4, $5);

-- name: disable_person(id, reason)
-- Stop a person everywhere; who is stopped already stays so, for the reason given then.
UPDATE pro.people SET disabled_at = clock_timestamp(), disabled_reason = $2
WHERE id = $1 AND disabled_at IS NULL RETURNING id;

-- name: enable_person(id)
-- Let a person sign in again; who was joined to another stays so.
UPDATE pro.people SET disabled_at = NULL, disabled_reason = NULL
WHERE id = $1 AND disabled_at IS NOT NULL AND joined_to IS NULL RETURNING id;

-- name: find_membership(study_id, person_id)
-- A person's latest membership of a study, and whether it has ended.
SELECT s.id, s.valid_to IS NOT NULL AS ended FROM pro.staff AS s
WHERE s.study_id = $1 AND s.person_id = $2 ORDER BY s.valid_to DESC NULLS FIRST, s.id DESC LIMIT 1;

-- name: insert_membership(study_id, id, person_id, login, actor)
-- Make a person a member of a study from now on, under the name its record knows them by.
INSERT INTO pro.staff (study_id, id, person_id, login, actor) VALUES ($1, $2, $3, $4, $5);

-- name: reopen_membership(study_id, id)
-- A membership that ended holds again; when roles were held, their own rows say.
UPDATE pro.staff SET valid_to = NULL WHERE study_id = $1 AND id = $2;

-- name: end_membership(study_id, person_id)
-- A person's membership of a study ends now, and every role held there with it.
WITH ended AS (
    UPDATE pro.staff SET valid_to = pro.now()
    WHERE study_id = $1 AND person_id = $2 AND valid_to IS NULL RETURNING id
), roles AS (
    UPDATE pro.staff_assignments AS a SET valid_to = pro.now() FROM ended
    WHERE a.study_id = $1 AND a.staff_id = ended.id AND a.valid_from < pro.now()
      AND (a.valid_to IS NULL OR a.valid_to > pro.now())
)
SELECT id FROM ended;

-- name: end_role(study_id, person_id, role, site_id)
-- A role somebody holds at a site, or in the whole study, ends now; no row: they do not hold it.
UPDATE pro.staff_assignments AS a SET valid_to = pro.now()
FROM pro.staff AS s
WHERE a.study_id = $1 AND s.study_id = a.study_id AND s.id = a.staff_id AND s.person_id = $2 AND a.role = $3
  AND a.site_id IS NOT DISTINCT FROM $4::uuid AND a.valid_from < pro.now()
  AND (a.valid_to IS NULL OR a.valid_to > pro.now())
RETURNING a.id;

-- name: list_person_sessions(person_id, idle, lifetime)
-- The open sessions of a person, the latest used first.
SELECT started_at, last_seen_at, address, device, study FROM pro.list_person_sessions($1, $2, $3);

-- name: list_shared_studies(keep, other)
-- The studies two people are both members of now.
SELECT y.code FROM pro.studies AS y
WHERE (SELECT count(*) FROM pro.present_staff AS m
       WHERE m.study_id = y.id AND m.person_id IN ($1::uuid, $2::uuid)) > 1 ORDER BY y.code;

-- name: move_membership(study_id, keep, other)
-- The other person's memberships of a study become the kept one's; what they did there stays theirs.
UPDATE pro.staff SET person_id = $2 WHERE study_id = $1 AND person_id = $3;

-- name: join_person(keep, other, reason)
-- The other person is the kept one from now on, and signs in as such.
UPDATE pro.people SET joined_to = $1, disabled_at = clock_timestamp(), disabled_reason = $3
WHERE id = $2;

-- name: set_person_password(person_id, id, password_hash, actor)
-- Give a person a password and end the sessions of the old one.
SELECT pro.set_person_password($1, $2, $3, $4) AS done;

-- name: end_person_sessions(person_id, why, actor)
-- End every session of a person.
SELECT pro.end_person_sessions($1, $2, $3) AS ended;

-- name: record_duty(study_id, id, person_id, duty, held, reason, actor)
-- Say that somebody has a duty that keeps them from entering answers, or has it no more; no row: no member.
INSERT INTO pro.staff_duties (study_id, id, staff_id, duty, held, reason, actor)
SELECT s.study_id, $2, s.id, $4, $5, $6, $7 FROM pro.staff AS s
WHERE s.study_id = $1 AND s.person_id = $3 AND s.valid_to IS NULL
RETURNING id;

-- name: give_reason(reason)
-- Why the transaction under way changes what may not be changed without a reason.
SELECT set_config('pro.reason', $1, true) AS reason;

-- name: list_people(study_id)
-- Everybody, or everybody ever in a study: their memberships and roles from - to, and when they last
-- signed in.
SELECT p.login, p.name, p.disabled_at, p.disabled_reason, k.login AS joined_to,
       -- What happened before there were people names the membership alone.
       greatest((SELECT max(e.happened_at) FROM pro.staff_events AS e
                 WHERE e.kind = 'signed_in' AND e.person_id = p.id),
                (SELECT max(e.happened_at) FROM pro.staff AS s
                 JOIN pro.staff_events AS e ON e.study_id = s.study_id AND e.staff_id = s.id
                 WHERE s.person_id = p.id AND e.kind = 'signed_in' AND e.person_id IS NULL)
       ) AS last_sign_in,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                            'study', y.code, 'name', s.login, 'valid_from', s.valid_from,
                            'valid_to', s.valid_to, 'roles', (
                                SELECT coalesce(jsonb_agg(jsonb_build_object(
                                           'role', a.role, 'site', t.code, 'valid_from', a.valid_from,
                                           'valid_to', a.valid_to) ORDER BY a.valid_from, a.id), '[]')
                                FROM pro.staff_assignments AS a
                                LEFT JOIN pro.sites AS t ON t.study_id = a.study_id AND t.id = a.site_id
                                WHERE a.study_id = s.study_id AND a.staff_id = s.id))
                        ORDER BY y.code, s.id)
                 FROM pro.staff AS s JOIN pro.studies AS y ON y.id = s.study_id
                 WHERE s.person_id = p.id AND ($1::uuid IS NULL OR s.study_id = $1)), '[]') AS memberships
FROM pro.people AS p
LEFT JOIN pro.people AS k ON k.id = p.joined_to
WHERE $1::uuid IS NULL
   OR EXISTS (SELECT FROM pro.staff AS s WHERE s.person_id = p.id AND s.study_id = $1)
ORDER BY p.login;

-- name: record_staff_address(study_id, id, person_id, kind, address_sealed, address_key, actor)
-- Where a member of a study is told of urgent matters from now on, by e-mail or by text; nothing: no more. No row: no
-- member.
INSERT INTO pro.staff_addresses (study_id, id, staff_id, kind, address_sealed, address_key, actor)
SELECT s.study_id, $2, s.id, $4, $5, $6, $7 FROM pro.staff AS s
WHERE s.study_id = $1 AND s.person_id = $3 AND s.valid_to IS NULL
RETURNING id;

-- name: list_staff_told_at(study_id, kind)
-- Where the staff of a study are told now by one kind of address, in which language.
SELECT staff_id, id, address_sealed, address_key, language FROM pro.staff_addressed($1, $2) ORDER BY staff_id;
