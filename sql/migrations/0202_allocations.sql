-- Who was given what, sealed (rule R15). The arm is padded before it is sealed, so that its length tells nothing. No
-- role reads it but through two functions: for the holder of the allocation, and for whoever has just unblinded one
-- participant in an emergency, which stands in the record first. That it happened is seen; what was shown is not.
CREATE TABLE pro.allocations (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    arm_sealed bytea NOT NULL,
    arm_key text NOT NULL CHECK (arm_key LIKE 'A256GCM:%'),
    held_by text NOT NULL CHECK (held_by <> ''),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, participant_id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
COMMENT ON COLUMN pro.allocations.held_by IS 'The login of the holder of the allocation on whose word it was loaded.';
SELECT pro.audit_table('allocations', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'arm_sealed', 'arm_key', 'held_by', 'recorded_at', 'actor', 'reason'], hashed => ARRAY['arm_sealed']);

-- An emergency: one site physician, for a reason, shown to that person alone.
CREATE TABLE pro.unblindings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    reason text NOT NULL CHECK (pro.note_of(reason) IS NOT NULL),
    -- Machine time: what is shown is shown at once, or not at all.
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX unblindings_of_participant ON pro.unblindings (study_id, participant_id, id);
SELECT pro.audit_table('unblindings', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id', 'reason',
    'asked_at', 'recorded_at', 'actor']);

-- Each time a holder looked at the list.
CREATE TABLE pro.allocation_showings (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    row_count integer NOT NULL CHECK (row_count >= 0),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id)
);
SELECT pro.audit_table('allocation_showings', updatable => false, columns => ARRAY['study_id', 'id', 'row_count',
    'recorded_at', 'actor']);

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['allocations', 'unblindings', 'allocation_showings'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_operator USING (true) WITH CHECK (true)',
                       guarded);
    END LOOP;
END
$$;
CREATE POLICY desk ON pro.unblindings FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_make ON pro.unblindings FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id) AND actor = nullif(current_setting('pro.actor', true), ''));
-- Nobody who loads them reads them: a command sees whose arm is known, and no arm.
GRANT INSERT ON pro.allocations TO pro_operator;
GRANT SELECT (study_id, id, participant_id, held_by, recorded_at, actor) ON pro.allocations TO pro_operator;
GRANT SELECT ON pro.unblindings TO pro_operator, pro_desk;
GRANT INSERT ON pro.unblindings TO pro_clerk;
GRANT SELECT ON pro.allocation_showings TO pro_operator;

-- Whether the arm of a participant is known here: never which.
CREATE FUNCTION pro.is_allocated(study uuid, participant uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pro.allocations AS a WHERE a.study_id = study AND a.participant_id = participant)
$$;

-- The arm, sealed, for whoever recorded this unblinding within the last minute.
CREATE FUNCTION pro.arm_unblinded(study uuid, unblinding uuid)
    RETURNS TABLE (id uuid, arm_sealed bytea, arm_key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.arm_sealed, a.arm_key
    FROM pro.unblindings AS u
    JOIN pro.allocations AS a ON a.study_id = study AND a.participant_id = u.participant_id
    WHERE u.study_id = study AND u.id = unblinding AND u.actor = nullif(current_setting('pro.actor', true), '')
      AND u.asked_at > clock_timestamp() - interval '1 minute'
      AND pro.desk_may_write(study, u.participant_id)
$$;

-- The list, for a holder of the allocation: of the participants now at the sites where that role is held. That it is
-- shown is recorded here, with it.
CREATE FUNCTION pro.show_allocations(study uuid, showing uuid)
    RETURNS TABLE (id uuid, code text, arm_sealed bytea, arm_key text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    shown bigint;
BEGIN
    RETURN QUERY
    SELECT a.id, p.code, a.arm_sealed, a.arm_key
    FROM pro.allocations AS a
    JOIN pro.participants AS p ON p.study_id = study AND p.id = a.participant_id
    JOIN pro.participant_sites AS ps ON ps.study_id = study AND ps.participant_id = a.participant_id
                                    AND ps.valid_to IS NULL
    WHERE a.study_id = study
      AND ps.site_id || ':allocation_holder'
          = ANY (string_to_array(nullif(current_setting('pro.site_roles', true), ''), ','))
    ORDER BY p.code;
    GET DIAGNOSTICS shown = ROW_COUNT;
    INSERT INTO pro.allocation_showings (study_id, id, row_count, actor)
    VALUES (study, showing, shown, current_setting('pro.actor'));
END
$$;
REVOKE ALL ON FUNCTION pro.is_allocated(uuid, uuid), pro.arm_unblinded(uuid, uuid), pro.show_allocations(uuid, uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.is_allocated(uuid, uuid), pro.arm_unblinded(uuid, uuid),
    pro.show_allocations(uuid, uuid) TO pro_clerk;
