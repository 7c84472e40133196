-- The schema, the kind of this database for ever, and the two clocks.
CREATE SCHEMA pro;
GRANT USAGE ON SCHEMA pro TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk;

-- One row, written once: what this database is for. Production has no movable clock and no simulator.
CREATE TABLE pro.database_identity (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    kind text NOT NULL CHECK (kind IN ('demo', 'validation', 'production')),
    declared_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION pro.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'PR003';
END
$$;

CREATE TRIGGER identity_is_for_ever BEFORE UPDATE OR DELETE ON pro.database_identity
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();

CREATE FUNCTION pro.database_kind() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT kind FROM pro.database_identity $$;

-- Declare what this database is; saying the same again changes nothing, anything else is refused.
CREATE FUNCTION pro.declare_kind(wanted text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    present text;
BEGIN
    INSERT INTO pro.database_identity (kind) VALUES (wanted) ON CONFLICT (singleton) DO NOTHING;
    SELECT kind INTO present FROM pro.database_identity;
    IF present <> wanted THEN
        RAISE EXCEPTION 'this database was born %, and stays so', present USING ERRCODE = 'PR004';
    END IF;
    RETURN present;
END
$$;

-- Study time is machine time plus this one offset.
CREATE TABLE pro.study_clock (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    ahead interval NOT NULL
);
INSERT INTO pro.study_clock (ahead) VALUES ('0');

CREATE FUNCTION pro.now() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT now() + ahead FROM pro.study_clock $$;

-- Move study time forwards to an instant; an instant already past moves nothing.
CREATE FUNCTION pro.move_clock(until timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(pro.database_kind(), 'production') NOT IN ('demo', 'validation') THEN
        RAISE EXCEPTION 'study time of a production database cannot be moved' USING ERRCODE = 'PR005';
    END IF;
    UPDATE pro.study_clock SET ahead = greatest(ahead, until - now());
    RETURN pro.now();
END
$$;

-- The first move of a demo: study time may start in the past, before anything is recorded.
CREATE FUNCTION pro.start_clock(at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(pro.database_kind(), 'production') NOT IN ('demo', 'validation') THEN
        RAISE EXCEPTION 'study time of a production database cannot be moved' USING ERRCODE = 'PR005';
    END IF;
    IF EXISTS (SELECT FROM pro.participants) THEN
        RAISE EXCEPTION 'study time starts before the first participant, never later'
            USING ERRCODE = 'PR005';
    END IF;
    UPDATE pro.study_clock SET ahead = at - now();
    RETURN pro.now();
END
$$;

REVOKE ALL ON FUNCTION pro.declare_kind(text), pro.move_clock(timestamptz), pro.start_clock(timestamptz)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.declare_kind(text), pro.move_clock(timestamptz),
    pro.start_clock(timestamptz) TO pro_operator;

-- A write decided from facts that have changed since: the whole statement is undone.
CREATE FUNCTION pro.demand_fresh(fresh boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF fresh IS NOT TRUE THEN
        RAISE EXCEPTION 'the facts have changed since they were read' USING ERRCODE = 'PR001';
    END IF;
    RETURN true;
END
$$;
