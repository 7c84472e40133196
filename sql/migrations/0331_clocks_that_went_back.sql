-- A machine's clock that jumped an hour ahead and was put right leaves instants behind that are an hour away. What
-- waits for such an instant would stand still for that hour: the queues at the doors would let nobody in. (Senders,
-- whose next free instant is kept the same way: `claim_turn` in queries/texting/sending.sql.)

-- A place in several queues at once, or in none. So many `bursts` go at once, then one each `paces`; `wait` is
-- how long the place is away, empty where that is longer than `longest`: then `again` says how long to wait
-- before asking anew. In a queue named with a `fresh`, whoever was not in the first queue for an hour may be
-- that much further away: who tries for the first time is not kept out by who tries without end.
CREATE OR REPLACE FUNCTION pro.take_places(whats text[], whos bytea[], paces interval[], bursts interval[],
    longest interval[], fresh interval[], OUT wait interval, OUT again interval)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    queue integer;
    due timestamptz;
    dues timestamptz[] := '{}';
    away interval;
    is_new boolean;
    moment timestamptz;
BEGIN
    DELETE FROM pro.paces AS p USING (
        SELECT o.what, o.who_sha256 FROM pro.paces AS o
        WHERE o.free_at < clock_timestamp() - interval '1 day' FOR UPDATE SKIP LOCKED) AS old
    WHERE p.what = old.what AND p.who_sha256 = old.who_sha256;
    wait := interval '0';
    -- Always in the order given, so that two tries never wait for each other.
    FOR queue IN 1 .. cardinality(whats) LOOP
        INSERT INTO pro.paces AS p (what, who_sha256, free_at)
        VALUES (whats[queue], whos[queue], clock_timestamp() - interval '1 hour')
        ON CONFLICT ON CONSTRAINT paces_pkey DO UPDATE SET free_at = p.free_at RETURNING p.free_at INTO due;
        moment := clock_timestamp();
        is_new := coalesce(is_new, due <= moment - interval '1 hour');
        -- No queue is ever longer than this, unless the machine's clock has gone back since.
        IF due > moment + bursts[queue] + longest[queue] + fresh[queue] + paces[queue] THEN
            due := moment;
        END IF;
        due := greatest(due, moment);
        dues := dues || due;
        away := greatest(due - bursts[queue] - moment, interval '0');
        IF away > (longest[queue] + CASE WHEN is_new THEN fresh[queue] ELSE interval '0' END) THEN
            again := greatest(again, away);
        END IF;
        wait := greatest(wait, away);
    END LOOP;
    IF again IS NOT NULL THEN
        wait := NULL;
        -- No try, but not the first of this hour any more.
        UPDATE pro.paces AS p SET free_at = greatest(p.free_at, clock_timestamp())
        WHERE p.what = whats[1] AND p.who_sha256 = whos[1];
        RETURN;
    END IF;
    FOR queue IN 1 .. cardinality(whats) LOOP
        UPDATE pro.paces AS p SET free_at = dues[queue] + paces[queue]
        WHERE p.what = whats[queue] AND p.who_sha256 = whos[queue];
    END LOOP;
END
$$;

-- The furthest of the machine's times at which the audit was written to: whoever begins to work makes ids that sort behind it,
-- for what is the latest is told by its id, and a process that starts after the clock was put right would
-- make ids that sort before those of the hour that never was.
CREATE FUNCTION pro.last_written_at() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(e.at) FROM pro.audit_entries AS e
$$;
