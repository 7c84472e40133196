-- name: list_own_sessions(session_sha256, idle, lifetime)
-- The open sessions of whoever is in by one of them, that one first.
SELECT mark, here, began_ago, seen_ago, address, device, study FROM pro.list_own_sessions($1, $2, $3);

-- name: end_own_sessions(session_sha256, mark)
-- End one further session of one's own, or all further ones.
SELECT pro.end_own_sessions($1, $2) AS ended;

-- name: change_own_password(session_sha256, id, password_hash, verified)
-- A new password of whoever is in, while the one they verified is in force.
SELECT pro.change_own_password($1, $2, $3, $4) AS changed;

-- name: prove_session(session_sha256, verified, address)
-- Whoever is in proved anew who they are.
SELECT pro.prove_session($1, $2, $3) AS proved;

-- name: refuse_proof(session_sha256, address)
-- Record that a proof was refused.
SELECT pro.refuse_proof($1, $2) AS done;

-- name: forget_tries(tried_sha256)
-- A right try makes those before it none.
SELECT pro.forget_tries($1) AS done;
