-- Digests and seals are taken over rows as text, so they must read the same in every session: an
-- auditor's own time zone or style of bytes must not make a true seal look broken.
ALTER FUNCTION pro.audit_insert() SET TimeZone TO 'UTC';
ALTER FUNCTION pro.audit_insert() SET bytea_output TO 'hex';
ALTER FUNCTION pro.audit_update() SET TimeZone TO 'UTC';
ALTER FUNCTION pro.audit_update() SET bytea_output TO 'hex';
ALTER FUNCTION pro.seal_audit() SET TimeZone TO 'UTC';
ALTER FUNCTION pro.seal_audit() SET bytea_output TO 'hex';
ALTER FUNCTION pro.broken_seals() SET TimeZone TO 'UTC';
ALTER FUNCTION pro.broken_seals() SET bytea_output TO 'hex';

-- Emptying a table at one stroke passes by the rules for single rows.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['studies', 'protocol_versions', 'site_protocols',
        'participant_identifiers', 'consents', 'statuses', 'events', 'responses', 'scores',
        'data_queries', 'senders', 'delivery_receipts', 'audit_entries', 'audit_seals',
        'database_identity']
    LOOP
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON pro.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_change()', kept);
    END LOOP;
END
$$;
