-- Database roles: who may do what, whatever the program says. Run before every migration; changes
-- nothing where the roles exist. They are NOLOGIN: the login user of PRO_DATABASE_URL is made a
-- member and each pool starts as exactly one of them.
--
--   pro_owner        owns the schema; migrations only
--   pro_participant  what a participant's page may do
--   pro_provider     what a provider's webhook may do
--   pro_worker       reminders, sending, closing, sealing
--   pro_operator     the command line: protocols, sites, enrolment, events
--   pro_desk         staff pages, under row-level security by site
--   pro_clerk        what staff write into the record, about participants now at their sites
DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['pro_owner', 'pro_participant', 'pro_provider', 'pro_worker',
                                  'pro_operator', 'pro_desk', 'pro_clerk']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', wanted);
            EXCEPTION
                -- Another database of the same server is being set up at this moment.
                WHEN duplicate_object OR unique_violation THEN
                    RAISE DEBUG 'role % was made meanwhile', wanted;
            END;
        END IF;
        -- A superuser is a "member" of every role; anybody else needs the grant.
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
    EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO pro_owner', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO pro_participant, pro_provider, pro_worker, pro_operator, '
        'pro_desk, pro_clerk',
        current_database());
END
$roles$;
