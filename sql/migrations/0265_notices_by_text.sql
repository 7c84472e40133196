-- An urgent notice goes to a member of staff's telephone as well, where they gave one (rule R10: by e-mail and text).
-- The number is sealed beside the e-mail address; of each kind the last row counts.
ALTER TABLE pro.staff_addresses DROP CONSTRAINT staff_addresses_kind_check,
    ADD CONSTRAINT staff_addresses_kind_check CHECK (kind IN ('email', 'phone'));

-- Where the staff of a study are told now by one kind of address, in which language.
CREATE FUNCTION pro.staff_addressed(study uuid, wanted text)
    RETURNS TABLE (staff_id uuid, id uuid, address_sealed bytea, address_key text, language text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.staff_id, a.id, a.address_sealed, a.address_key, p.language
    FROM (SELECT DISTINCT ON (s.staff_id) s.staff_id, s.id, s.address_sealed, s.address_key
          FROM pro.staff_addresses AS s
          WHERE s.study_id = study AND s.kind = wanted ORDER BY s.staff_id, s.id DESC) AS a
    JOIN pro.present_staff AS m ON m.study_id = study AND m.staff_id = a.staff_id
    JOIN pro.people AS p ON p.id = m.person_id AND p.disabled_at IS NULL
    WHERE a.address_sealed IS NOT NULL
$$;
REVOKE ALL ON FUNCTION pro.staff_addressed(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.staff_addressed(uuid, text) TO pro_worker, pro_operator;

-- As before (0126), by e-mail.
CREATE OR REPLACE FUNCTION pro.staff_told_at(study uuid)
    RETURNS TABLE (staff_id uuid, id uuid, address_sealed bytea, address_key text, language text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.* FROM pro.staff_addressed(study, 'email') AS a
$$;
