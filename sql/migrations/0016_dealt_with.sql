-- A text whose fate never became known leaves the list of things to do once staff have dealt with it.
ALTER TABLE pro.messages ADD COLUMN dealt_at timestamptz;
ALTER TABLE pro.messages ADD COLUMN dealt_by text;
ALTER TABLE pro.messages ADD COLUMN dealt_note text;
ALTER TABLE pro.messages ADD CONSTRAINT dealt_with_whole
    CHECK ((dealt_at IS NULL) = (dealt_by IS NULL) AND (dealt_at IS NULL) = (dealt_note IS NULL));
GRANT UPDATE (dealt_at, dealt_by, dealt_note) ON pro.messages TO pro_desk;

-- Who let texts go to a number again, and why, shows where the opt-out shows.
DROP FUNCTION pro.desk_opt_outs(uuid);
CREATE FUNCTION pro.desk_opt_outs(study uuid)
    RETURNS TABLE (id uuid, participant_id uuid, started_at timestamptz, ended_at timestamptz,
                   reason text, actor text, end_reason text, ended_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id, u.participant_id, o.started_at, o.ended_at, o.reason, o.actor, o.end_reason, o.ended_by
    FROM pro.opt_outs AS o
    CROSS JOIN LATERAL pro.desk_line_users(o.study_id, o.line_id) AS u (participant_id)
    WHERE o.study_id = study
$$;
REVOKE ALL ON FUNCTION pro.desk_opt_outs(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_opt_outs(uuid) TO pro_desk;
