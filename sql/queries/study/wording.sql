-- name: insert_wording_pack(id, instrument, instrument_version, language, licence, content_sha256, document, actor)
-- Put a wording pack in force, unless the one in force has this content already.
INSERT INTO pro.wording_packs (id, instrument, instrument_version, language, licence, content_sha256,
    document, actor)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE $6 IS DISTINCT FROM (
    SELECT w.content_sha256 FROM pro.wording_packs AS w
    WHERE w.instrument = $2 AND w.instrument_version = $3 AND w.language = $4
    ORDER BY w.id DESC LIMIT 1)
RETURNING id;

-- name: list_wording_packs()
-- The pack in force for each instrument's version and language: the last one loaded.
SELECT DISTINCT ON (w.instrument, w.instrument_version, w.language)
       w.instrument, w.instrument_version, w.language, w.licence, w.content_sha256, w.document,
       w.recorded_at
FROM pro.wording_packs AS w
ORDER BY w.instrument, w.instrument_version, w.language, w.id DESC;
