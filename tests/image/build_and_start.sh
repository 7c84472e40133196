#!/usr/bin/env bash
# Build the image and start it, without a Docker engine. Run by hand, as root, on Debian:
#
#   apt-get install buildah debootstrap postgresql-15
#   tests/image/build_and_start.sh                      # against a PostgreSQL of this machine
#   EXTRAS='[demo]' tests/image/build_and_start.sh      # with the embedded one inside the image
#
# The base is made by debootstrap and given as PYTHON_IMAGE; buildah works with chroot isolation, so
# no container runtime, no network namespace and no registry is needed. Settings, all optional:
#
#   PIP_*            pip's own variables reach the build's first stage, and nothing else does
#   CERT_FILE        certificates of an authority of one's own, mounted for the one step that meets it
#   BUILD_OPTIONS    further words for `buildah build`, such as --volume for a folder of wheels
#   DEBIAN_MIRROR    where debootstrap reads (http://deb.debian.org/debian)
#   IMAGE_CACHE      where the base is kept between runs (/var/tmp/pro-service-image)
#   PORT             where the service listens (18080)
set -euo pipefail
cd "$(dirname "$0")/../.."

port=${PORT:-18080}
cache=${IMAGE_CACHE:-/var/tmp/pro-service-image}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
base=localhost/pro-service-base
image=localhost/pro-service-try
postgres_bin=/usr/lib/postgresql/15/bin
work=$(mktemp -d)
chmod 755 "$work"
container=""
running=""

say() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    [ ! -s "$work/service.log" ] || tail -n 20 "$work/service.log" >&2
    exit 1
}

clean_up() {
    [ -z "$running" ] || kill -TERM "$running" 2>/dev/null || true
    [ ! -d "$work/pg" ] || runuser -u postgres -- "$postgres_bin/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null || true
    [ -z "$container" ] || buildah rm "$container" >/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

make_base() {
    if buildah inspect --type image "$base" >/dev/null 2>&1; then return; fi
    say "base image with Python, by debootstrap"
    if [ ! -x "$cache/base/usr/bin/python3" ]; then
        rm -rf "$cache/base"
        mkdir -p "$cache"
        debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
            bookworm "$cache/base" "$mirror" > "$cache/debootstrap.log"
    fi
    local empty
    empty=$(buildah from scratch)
    buildah add -q "$empty" "$cache/base" / >/dev/null
    buildah commit -q "$empty" "$base" >/dev/null
    buildah rm "$empty" >/dev/null
}

build() {
    say "build"
    local arguments=() name
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_CONSTRAINT PIP_CERT PIP_TRUSTED_HOST; do
        [ -z "${!name:-}" ] || arguments+=(--build-arg "$name")
    done
    [ -z "${CERT_FILE:-}" ] || arguments+=(--secret "id=pip_cert,src=$CERT_FILE")
    # shellcheck disable=SC2086 # BUILD_OPTIONS is several words
    buildah build --isolation chroot --format docker --build-arg "PYTHON_IMAGE=$base" \
        --build-arg "EXTRAS=${EXTRAS:-}" "${arguments[@]}" ${BUILD_OPTIONS:-} -t "$image" .
}

# One field of the image's configuration as words, one a line.
configured() {
    buildah inspect --type image "$image" | python3 -c '
import json, sys
found = json.load(sys.stdin)["Docker"]["config"]
for name in sys.argv[1].split("."):
    found = found[name]
print("\n".join(found if isinstance(found, list) else [found]))' "$1"
}

start_postgres() {
    local database_port=$((port + 1)) password
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    install -d -o postgres -m 700 "$work/pg"
    printf '%s' "$password" > "$work/password"
    chown postgres "$work/password"
    runuser -u postgres -- "$postgres_bin/initdb" -D "$work/pg" -A scram-sha-256 -E UTF8 \
        --pwfile="$work/password" >/dev/null
    runuser -u postgres -- "$postgres_bin/pg_ctl" -D "$work/pg" -w -l "$work/pg/log" \
        -o "-p $database_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" start >/dev/null
    database=(--env "PRO_DATABASE_URL=postgresql://postgres:$password@127.0.0.1:$database_port/postgres")
}

inside() { buildah run --isolation chroot "${options[@]}" "$container" -- "$@"; }

# The service's own process: below buildah's helpers, above a PostgreSQL of its own.
service_process() {
    local found=$1
    until [ "$(cat "/proc/$found/comm")" = "${start_words[0]}" ]; do found=$(pgrep -o -P "$found"); done
    printf '%s' "$found"
}

make_base
build

say "what is in the image"
mapfile -t start_words < <(configured Entrypoint; configured Cmd)
mapfile -t health_words < <(configured Healthcheck.Test)
[ "${start_words[*]}" = "pro-service serve" ] || fail "it does not serve by default: ${start_words[*]}"
[ "$(configured User)" = "10001:10001" ] || fail "its user is not the one without rights"
[ "${health_words[0]}" = "CMD" ] || fail "it has no health check"
if configured Env | grep -q "PIP_\|pip_cert"; then fail "settings of the package index stayed in the image"; fi

container=$(buildah from --pull-never "$image")
options=()
if [ -n "${CERT_FILE:-}" ]; then
    root=$(buildah mount "$container")
    kept=$(find "$root" -xdev -type f -size "$(stat -Lc %s "$CERT_FILE")c" -exec cmp -s "$CERT_FILE" {} \; -print)
    [ -z "$kept" ] || fail "the authority's certificates stayed in the image: $kept"
fi
[ "$(inside id -u)" = "10001" ] || fail "commands do not run as the user without rights"
[ "$(inside sh -c 'touch /opt/pro-service/x 2>/dev/null || echo refused')" = "refused" ] \
    || fail "the service could change its own program"
inside sh -c 'ls /opt/pro-service/lib/python3*/site-packages/pro_service/sql/migrations'

say "settings and schema"
database=(--env PRO_DATA_DIR=/data)
[ -n "${EXTRAS:-}" ] || start_postgres
mapfile -t keys < <(inside pro-service keys new)
options=("${database[@]}" --env "PRO_PORT=$port" --env "PRO_SIMULATOR_SECRET=only-for-this-try")
for key in "${keys[@]}"; do options+=(--env "$key"); done
inside pro-service migrate

say "start: ${start_words[*]}"
inside "${start_words[@]}" > "$work/service.log" 2>&1 &
running=$!
for ((waited = 0; waited < 300; waited++)); do
    kill -0 "$running" 2>/dev/null || fail "it ended by itself"
    if inside "${health_words[@]:1}" 2>/dev/null; then break; fi
    sleep 0.2
done
inside "${health_words[@]:1}" || fail "its health check does not pass"
python3 - "$port" <<'PYTHON'
import sys, urllib.request as web

for path in ("/healthz", "/readyz"):
    with web.urlopen(f"http://127.0.0.1:{sys.argv[1]}{path}", timeout=5) as answer:
        print(path, answer.status)
PYTHON

say "stop"
process=$(service_process "$running") || fail "the service's process was not found"
[ "$(stat -c %u "/proc/$process")" = 10001 ] || fail "the service runs as another user"
kill -TERM "$process"
code=0
wait "$running" || code=$?
running=""
[ "$code" = 0 ] || fail "SIGTERM ended it with exit code $code"
grep -q stopping "$work/service.log" || fail "it did not say that it stops"
say "all is well: $(buildah images --format '{{.Size}}' "$image")"
