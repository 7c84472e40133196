-- name: list_rotas(study_id)
-- The sites seen from here with what stands in the rota of each now or later, whether anything ever did, who works
-- there now, and the time.
SELECT y.id, y.code, y.name, y.zone, y.country, pro.now() AS now,
       EXISTS (SELECT FROM pro.rota_entries AS e WHERE e.study_id = y.study_id AND e.site_id = y.id) AS was_set,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'weekdays', e.weekdays,
                                                     'begins', e.begins, 'ends', e.ends, 'person', e.staff_id,
                                                     'deputy', e.deputy_id, 'first_on', e.first_on,
                                                     'last_on', e.last_on) ORDER BY e.first_on, e.id), '[]')
        FROM pro.rota_entries AS e
        WHERE e.study_id = y.study_id AND e.site_id = y.id
          -- What began yesterday may go on.
          AND (e.last_on IS NULL OR e.last_on >= (pro.now() AT TIME ZONE y.zone)::date - 1)
          AND NOT EXISTS (SELECT FROM pro.rota_ends AS n
                          WHERE n.study_id = e.study_id AND n.entry_id = e.id)) AS entries,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.staff_id, 'login', s.login, 'roles', s.roles,
                                                     'wide_roles', s.wide_roles)
                                  ORDER BY s.login), '[]')
        FROM pro.staff_at(y.study_id, y.id) AS s) AS staff
FROM pro.sites AS y
WHERE y.study_id = $1
ORDER BY y.code;

-- name: insert_rota_entry(study_id, id, site_id, kind, weekdays, begins, ends, staff_id, deputy_id, first_on, last_on, actor)
-- Put something into a site's rota.
INSERT INTO pro.rota_entries (study_id, id, site_id, kind, weekdays, begins, ends, staff_id, deputy_id, first_on,
                              last_on, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: end_rota_entry(study_id, entry_id, site_id, id, actor)
-- Take something out of a site's rota from now on.
INSERT INTO pro.rota_ends (study_id, id, site_id, entry_id, actor) VALUES ($1, $4, $3, $2, $5);
