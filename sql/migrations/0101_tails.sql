-- A participant is found by the last four digits of a number: a second blind index, the keyed hash of these digits,
-- made for this purpose alone, under the key the number's own index is made with. There are ten thousand endings, so
-- equal ones show as equal to whoever reads the table, as shared numbers do; which digits they are needs the key.
ALTER TABLE pro.contact_points ADD COLUMN tail_index bytea CHECK (length(tail_index) = 32);
COMMENT ON COLUMN pro.contact_points.tail_index IS
    'Of telephones: what the last four digits are found by. Empty until the worker has filled it in.';
CREATE INDEX contact_points_by_tail ON pro.contact_points (study_id, tail_index) WHERE valid_to IS NULL;
CREATE INDEX contact_points_without_tail ON pro.contact_points (study_id, id)
    WHERE kind = 'phone' AND tail_index IS NULL;
GRANT UPDATE (tail_index) ON pro.contact_points TO pro_worker;
SELECT pro.list_audited('contact_points', ARRAY['study_id', 'id', 'participant_id', 'kind', 'whose',
    'address_sealed', 'address_key', 'blind_index', 'index_key', 'valid_from', 'valid_to', 'verified_at',
    'recorded_at', 'actor', 'reason', 'must_confirm', 'verified_by', 'ordinal', 'may_be_texted',
    'may_be_told', 'agreed_on', 'wrong_at', 'bad_at', 'tail_index']);

-- Codes of those seen from here with a number in use of one of these indexes or endings.
CREATE FUNCTION pro.desk_numbered(study uuid, indexes bytea[], tails bytea[]) RETURNS TABLE (code text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT p.code
    FROM (SELECT c.participant_id, c.recorded_at FROM pro.contact_points AS c
          WHERE c.study_id = study AND c.blind_index = ANY (indexes) AND c.valid_to IS NULL AND c.kind = 'phone'
          UNION ALL
          SELECT c.participant_id, c.recorded_at FROM pro.contact_points AS c
          WHERE c.study_id = study AND c.tail_index = ANY (tails) AND c.valid_to IS NULL) AS n
    JOIN pro.participants AS p ON p.study_id = study AND p.id = n.participant_id
    WHERE pro.desk_may_see(study, n.participant_id, n.recorded_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_numbered(uuid, bytea[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_numbered(uuid, bytea[], bytea[]) TO pro_desk;
