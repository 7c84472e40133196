-- Administrators correct a sender at the desk as they do a site (0193): a number or a signature that changed. Written as
-- the clerk, by the statement of `sender move`; by these policies nothing else is, whatever the program says. A sender of
-- one site is its administrators' to correct, one of the whole study theirs who administer all of it.
-- One that is not seen yet is made by the statement that asks, and its own policy has judged it.
CREATE FUNCTION pro.keeps_sender(study uuid, sender uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT pro.keeps_staff(study, s.site_id) FROM pro.senders AS s
                     WHERE s.study_id = study AND s.id = sender), true)
$$;
REVOKE ALL ON FUNCTION pro.keeps_sender(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.keeps_sender(uuid, uuid) TO pro_clerk;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['senders', 'sender_moves'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY granted_read ON pro.%I FOR SELECT USING (true)', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_operator USING (true) WITH CHECK (true)', guarded);
    END LOOP;
END
$$;
CREATE POLICY kept ON pro.senders FOR INSERT TO pro_clerk WITH CHECK (pro.keeps_staff(study_id, site_id));
CREATE POLICY kept ON pro.sender_moves FOR INSERT TO pro_clerk
    WITH CHECK (pro.keeps_sender(study_id, from_id) AND pro.keeps_sender(study_id, to_id));
GRANT INSERT ON pro.senders, pro.sender_moves TO pro_clerk;
