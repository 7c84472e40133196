-- name: begin_sign_in(person_id, login_sha256, network_sha256, address, per_pair, within, whats, whos, paces, bursts, longest, fresh)
-- Count one more try to sign in and say how long it waits, or refuse it.
SELECT wait, again, counted FROM pro.begin_sign_in($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: find_sign_in(typed)
-- The person a typed name means, with the password in force and the studies they are in now.
SELECT person_id, login, disabled, password_hash, memberships FROM pro.find_sign_in($1);

-- name: refuse_sign_in(person_id, login_sha256, address)
-- Record that a try was refused.
SELECT pro.refuse_sign_in($1, $2, $3) AS done;

-- name: begin_session(session_sha256, person_id, staff_id, address, device, replaced_sha256, verified)
-- Begin a session in place of the one the browser had, in a study or before one is chosen, if the password
-- whose hash was verified is in force: begun, stopped or password_changed.
SELECT pro.open_session($1, $2, $3, $4, $5, $6, $7) AS what;

-- name: use_session(session_sha256, idle, lifetime)
-- Who an open session is, in which study, with the present roles there, and how it was proved.
SELECT person_id, person_login, language, studies, study_id, study, study_name, staff_id, login, assignments,
       proved_ago, has_factor, factor_proved, held_roles
FROM pro.use_session($1, $2, $3);

-- name: get_session_end(session_sha256)
-- Why a session ended, if it did.
SELECT pro.session_end($1) AS reason;

-- name: list_own_studies(session_sha256)
-- The studies whoever is in by an open session may work in now.
SELECT study_id, study, name, here, roles FROM pro.list_own_studies($1);

-- name: choose_study(session_sha256, study_id, fresh_sha256)
-- Go on in a study under a new session id.
SELECT pro.choose_study($1, $2, $3) AS chosen;

-- name: end_staff_session(session_sha256)
-- Sign out.
SELECT pro.end_staff_session($1) AS done;

-- name: is_desk_open(session_sha256, idle, lifetime)
-- Whether the staff session of this hash is open now.
SELECT pro.is_desk_open($1, $2, $3) AS open;
