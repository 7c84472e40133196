-- The digest of each working morning (rule R10): how much waits at a site, in numbers alone. A row says that somebody
-- was sent theirs of a day, and is written before it is sent: a second would be noise, and the desk says the same.
CREATE TABLE pro.digests (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    site_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    -- In the site's zone.
    day date NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, site_id, day, staff_id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id)
);
SELECT pro.audit_table('digests', updatable => false, columns => ARRAY['study_id', 'id', 'site_id', 'staff_id', 'day',
    'made_at', 'actor']);
GRANT SELECT ON pro.digests TO pro_worker, pro_operator;
GRANT INSERT ON pro.digests TO pro_worker;
