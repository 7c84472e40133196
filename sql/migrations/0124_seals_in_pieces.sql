-- A seal is over so many entries at most, so that making one takes as long as other periodic work may: one over
-- all there was needed an hour's patience, and a worker whose connection went silent sat it out. After a long
-- file or a restore there are several, one after the other. Transactions are not cut.

-- Where a seal of `most` entries ends: below the first transaction that begins after its last entry. NULL where
-- there are not so many. By the index, however few are known of.
CREATE FUNCTION pro.end_of_seal(of_generation integer, floor_id xid8, ceiling_id xid8, most integer)
    RETURNS xid8
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off AS $$
DECLARE
    after_id CONSTANT bigint := (SELECT g.after_entry_id FROM pro.audit_generations AS g
                                 WHERE g.generation = of_generation);
    until_id CONSTANT bigint := coalesce((SELECT min(g.after_entry_id) FROM pro.audit_generations AS g
                                          WHERE g.generation > of_generation), 9223372036854775807);
    last_id xid8;
BEGIN
    SELECT e.xact_id INTO last_id FROM pro.audit_entries AS e
    WHERE e.xact_id >= floor_id AND e.xact_id < ceiling_id AND e.id > after_id AND e.id <= until_id
    ORDER BY e.xact_id, e.id OFFSET most - 1 LIMIT 1;
    RETURN (SELECT e.xact_id FROM pro.audit_entries AS e
            WHERE e.xact_id > last_id AND e.xact_id < ceiling_id AND e.id > after_id AND e.id <= until_id
            ORDER BY e.xact_id LIMIT 1);
END
$$;

-- What the next seal is over, if there is anything to seal that no running transaction can precede. What
-- a former generation left is sealed first, all of it: nothing of it runs any more.
DROP FUNCTION pro.next_seal();
CREATE FUNCTION pro.next_seal(most integer DEFAULT 20000)
    RETURNS TABLE (id bigint, sealed_at timestamptz, generation integer, after_entry_id bigint,
                   first_xact_id xid8, below_xact_id xid8, entry_count bigint, previous_sha256 bytea,
                   sha256 bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    present_id CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
    last_seal pro.audit_seals;
    end_id xid8;
    covered record;
    one record;
BEGIN
    SELECT s.* INTO last_seal FROM pro.audit_seals AS s ORDER BY s.id DESC LIMIT 1;
    FOR one IN
        SELECT g.generation, g.after_entry_id,
               CASE WHEN g.generation = coalesce(last_seal.generation, 1)
                    THEN coalesce(last_seal.below_xact_id, '0'::xid8) ELSE '0'::xid8 END AS floor_id,
               CASE WHEN lead(g.generation) OVER (ORDER BY g.generation) IS NULL
                    THEN present_id ELSE '18446744073709551615'::xid8 END AS ceiling_id
        FROM pro.audit_generations AS g
        WHERE g.generation >= coalesce(last_seal.generation, 1)
        ORDER BY g.generation
    LOOP
        end_id := coalesce(pro.end_of_seal(one.generation, one.floor_id, one.ceiling_id, most), one.ceiling_id);
        SELECT c.entry_count, c.sha256 INTO covered
        FROM pro.seal_content(one.generation, one.floor_id, end_id, coalesce(last_seal.sha256, '\x'::bytea)) AS c;
        IF covered.entry_count > 0 THEN
            RETURN QUERY SELECT coalesce(last_seal.id, 0) + 1, clock_timestamp(), one.generation,
                one.after_entry_id, one.floor_id, end_id, covered.entry_count,
                coalesce(last_seal.sha256, '\x'::bytea), covered.sha256;
            RETURN;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION pro.next_seal(integer), pro.end_of_seal(integer, xid8, xid8, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.next_seal(integer) TO pro_worker;
