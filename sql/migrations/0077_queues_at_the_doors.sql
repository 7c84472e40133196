-- Tries at the doors wait in queues instead of locking everybody out (field cases M4, M13). Machine time.

-- When the next try of a queue would be due if tries came at its pace: those of one network, at one name, or
-- of everybody.
CREATE TABLE pro.paces (
    what text NOT NULL,
    who_sha256 bytea NOT NULL CHECK (length(who_sha256) = 32),
    free_at timestamptz NOT NULL,
    PRIMARY KEY (what, who_sha256)
);
CREATE INDEX paces_by_age ON pro.paces (free_at);

-- A place in several queues at once, or in none. So many `bursts` go at once, then one each `paces`; `wait` is
-- how long the place is away, empty where that is longer than `longest`: then `again` says how long to wait
-- before asking anew. In a queue named with a `fresh`, whoever was not in the first queue for an hour may be
-- that much further away: who tries for the first time is not kept out by who tries without end.
CREATE FUNCTION pro.take_places(whats text[], whos bytea[], paces interval[], bursts interval[],
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

-- A try that was right is no try: its places are free again.
CREATE FUNCTION pro.give_places_back(whats text[], whos bytea[], paces interval[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE pro.paces AS p SET free_at = p.free_at - back.pace
    FROM unnest(whats, whos, paces) AS back (what, who, pace)
    WHERE p.what = back.what AND p.who_sha256 = back.who
$$;

-- Whose network an address is of: of IPv6 the first 64 bits, for its owner chooses the rest at will.
CREATE FUNCTION pro.network_of(address_text text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF family(address_text::inet) = 6 THEN
        RETURN network(set_masklen(address_text::inet, 64))::text;
    END IF;
    RETURN address_text;
EXCEPTION
    WHEN invalid_text_representation THEN
        RETURN address_text;
END
$$;

-- Whether one more try to sign in is allowed, and after which wait. So many wrong ones a name from one
-- network; all others only make the queues longer. Whoever has signed in from that network in the last
-- three months waits in no queue (`counted` is false), so nobody else's tries keep them out: neither
-- strangers elsewhere at their name, nor somebody beside them at other names.
CREATE FUNCTION pro.begin_sign_in(
    person uuid, login bytea, source bytea, address_text text, per_pair integer, within interval,
    whats text[], whos bytea[], paces interval[], bursts interval[], longest interval[],
    fresh interval[], OUT wait interval, OUT again interval, OUT counted boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    since timestamptz := clock_timestamp() - within;
    eldest timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7001, hashtext(encode(login || source, 'hex')));
    -- The eldest of as many tries as are allowed: until it is over, there is no further one.
    SELECT t.tried_at INTO eldest FROM pro.sign_in_tries AS t
    WHERE t.login_sha256 = login AND t.address_sha256 = source AND t.tried_at > since
    ORDER BY t.tried_at DESC OFFSET per_pair - 1 LIMIT 1;
    counted := NOT EXISTS (
        SELECT FROM pro.staff_events AS e
        WHERE e.person_id = person AND e.kind = 'signed_in'
          AND e.happened_at > clock_timestamp() - interval '90 days'
          AND pro.network_of(e.address) = pro.network_of(address_text));
    IF eldest IS NOT NULL THEN
        again := eldest - since;
    ELSIF counted THEN
        SELECT p.wait, p.again INTO wait, again
        FROM pro.take_places(whats, whos, paces, bursts, longest, fresh) AS p;
    ELSE
        wait := interval '0';
    END IF;
    IF wait IS NULL THEN
        -- One line a minute and address says enough, and cannot fill the disk.
        INSERT INTO pro.staff_events (kind, person_id, login_sha256, address, actor)
        SELECT 'throttled', person, login, address_text, 'service:desk'
        WHERE NOT EXISTS (SELECT FROM pro.staff_events AS e
                          WHERE e.kind = 'throttled' AND e.address = address_text
                            AND e.happened_at > clock_timestamp() - interval '1 minute');
        RETURN;
    END IF;
    DELETE FROM pro.sign_in_tries AS t WHERE t.tried_at <= since - interval '1 day';
    INSERT INTO pro.sign_in_tries (person_id, login_sha256, address_sha256) VALUES (person, login, source);
END
$$;

REVOKE ALL ON FUNCTION pro.network_of(text),
    pro.take_places(text[], bytea[], interval[], interval[], interval[], interval[]),
    pro.give_places_back(text[], bytea[], interval[]),
    pro.begin_sign_in(uuid, bytea, bytea, text, integer, interval, text[], bytea[], interval[], interval[],
                      interval[], interval[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    pro.take_places(text[], bytea[], interval[], interval[], interval[], interval[]) TO pro_participant;
GRANT EXECUTE ON FUNCTION pro.give_places_back(text[], bytea[], interval[]) TO pro_participant, pro_desk;
GRANT EXECUTE ON FUNCTION
    pro.begin_sign_in(uuid, bytea, bytea, text, integer, interval, text[], bytea[], interval[], interval[],
                      interval[], interval[]) TO pro_desk;
