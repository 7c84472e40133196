-- The functions by which a member of staff of one study signed in: people do that now (0032). The table
-- staff_passwords stays, for the audit tells of its rows; nobody writes or reads it any more.
DROP FUNCTION pro.begin_sign_in(bytea, bytea, text, integer, integer, interval);
DROP FUNCTION pro.find_sign_in(text, text);
DROP FUNCTION pro.refuse_sign_in(uuid, uuid, bytea, text);
DROP FUNCTION pro.begin_staff_session(bytea, uuid, uuid, bytea, text, bytea);
DROP FUNCTION pro.use_staff_session(bytea, interval, interval);
DROP FUNCTION pro.set_staff_password(uuid, uuid, uuid, text, text);
DROP FUNCTION pro.revoke_staff_sessions(uuid, uuid, text);
