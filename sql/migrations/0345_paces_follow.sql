-- A sender whose number or signature is corrected goes on at the pace the operator set for it: the pace stands by the
-- sender's id, which the correction leaves. At another provider the pace is that provider's own.
CREATE FUNCTION pro.keep_pace() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.sender_paces AS p (study_id, sender_id, per_second, set_by, set_at)
    SELECT o.study_id, NEW.to_id, o.per_second, o.set_by, o.set_at
    FROM pro.sender_paces AS o
    JOIN pro.senders AS f ON f.study_id = o.study_id AND f.id = o.sender_id
    JOIN pro.senders AS t ON t.study_id = o.study_id AND t.id = NEW.to_id AND t.provider = f.provider
    WHERE o.study_id = NEW.study_id AND o.sender_id = NEW.from_id AND o.set_by IS NOT NULL
    ON CONFLICT (study_id, sender_id) DO UPDATE
        SET per_second = excluded.per_second, set_by = excluded.set_by, set_at = excluded.set_at;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION pro.keep_pace() FROM PUBLIC;
CREATE TRIGGER pace_follows AFTER INSERT ON pro.sender_moves FOR EACH ROW
    EXECUTE FUNCTION pro.keep_pace();
