-- name: list_studies()
-- Every study with its code and the name texts are signed with.
SELECT id, code, name, sender FROM pro.studies ORDER BY id;

-- name: insert_study(id, code, name, sender, actor)
-- Open a study; one with this code already open stays as it is.
INSERT INTO pro.studies (id, code, name, sender, actor) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (code) DO NOTHING;

-- name: find_protocol_version(study_id, content_sha256)
-- The stored version with this content.
SELECT id FROM pro.protocol_versions WHERE study_id = $1 AND content_sha256 = $2;

-- name: insert_protocol_version(study_id, id, content_sha256, label, source, document, actor)
-- Store a protocol version under its content hash.
INSERT INTO pro.protocol_versions (study_id, id, content_sha256, label, source, document, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (study_id, content_sha256) DO NOTHING;

-- name: list_protocol_documents()
-- Every stored protocol version of every study, as the checked documents.
SELECT document::text AS document FROM pro.protocol_versions ORDER BY id;

-- name: get_protocol_document(study_id, protocol_version_id)
-- A stored protocol version, as the checked document.
SELECT document::text AS document FROM pro.protocol_versions
WHERE study_id = $1 AND id = $2;

-- name: find_site_protocol(study_id, site_id)
-- The version a site enrols under now: its own that came into effect last, else the study's newest.
SELECT coalesce(
    (SELECT sp.protocol_version_id FROM pro.site_protocols AS sp
     WHERE sp.study_id = $1 AND sp.site_id = $2 AND sp.effective_from <= pro.now()
     ORDER BY sp.effective_from DESC, sp.id DESC LIMIT 1),
    (SELECT v.id FROM pro.protocol_versions AS v WHERE v.study_id = $1 ORDER BY v.id DESC LIMIT 1)
) AS protocol_version_id;

-- name: insert_site_protocol(study_id, id, site_id, protocol_version_id, effective_from, actor, reason)
-- From an instant on (none: from now on) this site enrols under this version.
INSERT INTO pro.site_protocols (study_id, id, site_id, protocol_version_id, effective_from, actor, reason)
VALUES ($1, $2, $3, $4, coalesce($5, pro.now()), $6, $7);

-- name: list_protocol_versions(study_id)
-- The study's protocol versions, the oldest first, with how many participants are under each.
SELECT v.id, v.label, v.content_sha256, v.recorded_at, v.actor,
       (SELECT count(*) FROM pro.participants AS p
        WHERE p.study_id = v.study_id AND p.protocol_version_id = v.id) AS participants
FROM pro.protocol_versions AS v WHERE v.study_id = $1 ORDER BY v.id;

-- name: list_site_protocols(study_id)
-- Which version each site of the study enrols or will enrol under, and since when, in order.
SELECT t.code AS site, sp.protocol_version_id, sp.effective_from, sp.actor, sp.reason
FROM pro.site_protocols AS sp
JOIN pro.sites AS t ON t.study_id = sp.study_id AND t.id = sp.site_id
WHERE sp.study_id = $1 ORDER BY t.code, sp.effective_from, sp.id;

-- name: list_present_participants(study_id, site_id)
-- Who is at a site at present.
SELECT ps.participant_id FROM pro.participant_sites AS ps
WHERE ps.study_id = $1 AND ps.site_id = $2 AND ps.valid_to IS NULL ORDER BY ps.participant_id;

-- name: list_sites(study_id)
-- The study's sites.
SELECT id, code, name, zone, country, telephone, emergency_number FROM pro.sites
WHERE study_id = $1 ORDER BY code;

-- name: insert_site(study_id, id, code, name, zone, country, telephone, emergency_number, actor)
-- Add a site.
INSERT INTO pro.sites (study_id, id, code, name, zone, country, telephone, emergency_number, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: insert_sender(study_id, id, channel, provider, address, site_id, actor)
-- Name the address texts of this study (or one site) come from; the same again changes nothing.
INSERT INTO pro.senders (study_id, id, channel, provider, address, site_id, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (provider, address) DO NOTHING
RETURNING id;

-- name: insert_assignment(study_id, id, staff_id, site_id, role, actor)
-- Assign a member of staff to a site from now on; without one, to the whole study. Who holds the role
-- there already gets no second copy of it, which would stand on when the first is ended.
INSERT INTO pro.staff_assignments (study_id, id, staff_id, site_id, role, valid_from, actor)
SELECT $1, $2, $3, $4::uuid, $5::text, pro.now(), $6
WHERE NOT EXISTS (
    SELECT FROM pro.staff_assignments AS a
    WHERE a.study_id = $1 AND a.staff_id = $3 AND a.site_id IS NOT DISTINCT FROM $4::uuid
      AND a.role = $5::text AND (a.valid_to IS NULL OR a.valid_to > pro.now()));

-- name: list_enrolled(study_id, codes)
-- What enrolment wrote for some participants, to tell the same file again from other values.
SELECT p.id, p.code, p.language, p.zone, p.channel, p.treated_knees, s.code AS site, n.blind_index,
       c.version AS consent_version, c.signed_on AS consent_on, c.messages AS messaging_consent,
       c.cross_border AS cross_border_consent, c.caregiver AS caregiver_consent,
       (SELECT e.planned_on FROM pro.events AS e
        WHERE e.study_id = p.study_id AND e.participant_id = p.id AND e.kind = 'injection'
          AND e.ordinal = 1 AND e.planned_on IS NOT NULL ORDER BY e.id LIMIT 1) AS planned_injection_on,
       y.id AS year_id, y.value_sealed AS year_sealed, y.value_key AS year_key
FROM pro.participants AS p
JOIN LATERAL (SELECT t.code FROM pro.participant_sites AS ps
              JOIN pro.sites AS t ON t.study_id = ps.study_id AND t.id = ps.site_id
              WHERE ps.study_id = p.study_id AND ps.participant_id = p.id
              ORDER BY ps.id LIMIT 1) AS s ON true
LEFT JOIN LATERAL (SELECT x.* FROM pro.contact_points AS x
              WHERE x.study_id = p.study_id AND x.participant_id = p.id ORDER BY x.id LIMIT 1) AS n ON true
LEFT JOIN LATERAL (SELECT x.* FROM pro.consents AS x
              WHERE x.study_id = p.study_id AND x.participant_id = p.id ORDER BY x.id LIMIT 1) AS c ON true
LEFT JOIN LATERAL (SELECT x.* FROM pro.identities AS x
              WHERE x.study_id = p.study_id AND x.participant_id = p.id AND x.kind = 'year_of_birth'
              ORDER BY x.id DESC LIMIT 1) AS y ON true
WHERE p.study_id = $1 AND p.code = ANY ($2::text[]) ORDER BY p.id;

-- name: get_study_key(study_id)
-- The study's own wrapped key, for what belongs to no participant yet.
SELECT id, wrapped, wrapping_key FROM pro.data_keys WHERE study_id = $1 AND participant_id IS NULL;

-- name: get_data_key(study_id, id)
-- The wrapped key a sealed value names.
SELECT id, wrapped, wrapping_key FROM pro.data_keys WHERE study_id = $1 AND id = $2;

-- name: insert_study_key(study_id, id, wrapped, wrapping_key)
-- Give the study its own key; a first one stays.
INSERT INTO pro.data_keys (study_id, id, participant_id, wrapped, wrapping_key)
VALUES ($1, $2, NULL, $3, $4)
ON CONFLICT (study_id, participant_id) DO NOTHING;
