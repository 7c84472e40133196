-- name: begin_sign_in(login_sha256, address_sha256, address, per_login, per_address, within)
-- Count one more try to sign in, or refuse it.
SELECT pro.begin_sign_in($1, $2, $3, $4, $5, $6) AS try;

-- name: find_sign_in(login, study_code)
-- The member of staff a typed name means, with the password in force.
SELECT study_id, staff_id, login, password_hash FROM pro.find_sign_in($1, $2);

-- name: refuse_sign_in(study_id, staff_id, login_sha256, address)
-- Record that a try was refused.
SELECT pro.refuse_sign_in($1, $2, $3, $4) AS done;

-- name: begin_staff_session(session_sha256, study_id, staff_id, login_sha256, address, replaced_sha256)
-- Begin a session in place of the one the browser had.
SELECT pro.begin_staff_session($1, $2, $3, $4, $5, $6) AS done;

-- name: use_staff_session(session_sha256, idle, lifetime)
-- Who an open session is, with the present assignments.
SELECT study_id, staff_id, login, language, assignments FROM pro.use_staff_session($1, $2, $3);

-- name: end_staff_session(session_sha256)
-- Sign out.
SELECT pro.end_staff_session($1) AS done;

-- name: set_staff_password(study_id, staff_id, id, password_hash, actor)
-- Give a member of staff a password and end the sessions of the old one.
SELECT pro.set_staff_password($1, $2, $3, $4, $5) AS done;

-- name: revoke_staff_sessions(study_id, staff_id, actor)
-- End every session of a member of staff.
SELECT pro.revoke_staff_sessions($1, $2, $3) AS ended;
