#!/bin/sh
# Builds the image and tries it out: `sh docker/smoke.sh`. Needs a Docker daemon; leaves nothing but the image behind.
set -eu
cd "$(dirname "$0")/.."

image=open-llm-vtuber
name="olv-smoke-$$"
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
trap 'docker rm --force --volumes "$name" >/dev/null 2>&1 || true' EXIT

say() { printf '== %s\n' "$1"; }
fail() { printf 'FAILED: %s\n' "$1" >&2; docker logs "$name" >&2 || true; exit 1; }
inside() { docker exec "$name" "$@"; }

say "building"
docker build --tag "$image" .

say "starting, with nothing that a container may have by default"
docker run --detach --name "$name" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
  --env OLV_HOST=live.example.com --env OLV_ACCESS_TOKEN="$token" "$image" >/dev/null

say "waiting until it is healthy"
seconds=0
until [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ]; do
  [ "$(docker inspect --format '{{.State.Running}}' "$name")" = true ] || fail "it ended instead of starting"
  [ "$seconds" -lt 120 ] || fail "not healthy after two minutes"
  seconds=$((seconds + 2))
  sleep 2
done

say "it runs as nobody in particular"
[ "$(inside id -u)" = 10001 ] || fail "it runs as $(inside id -u)"

say "the door is closed without the token and open with it, and she speaks"
inside env TOKEN="$token" python - < docker/smoke.py || fail "see above"

say "what is kept is in the volume"
inside test -s /data/live.sqlite3 || fail "there is no database in /data"

say "it stops when it is asked to"
docker stop --time 15 "$name" >/dev/null
[ "$(docker inspect --format '{{.State.ExitCode}}' "$name")" = 0 ] || fail "it did not end by itself"

say "everything works"
