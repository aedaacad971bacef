#!/usr/bin/env bash
# Install the readers of JUnit files that the tests show the report to, with Node 20 and Python.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/readers

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

if ! cat "$here/package-lock.json" "$here/requirements.lock" | cmp --quiet - "$cache/installed"; then
  cp "$here/package.json" "$here/package-lock.json" "$cache"
  npm ci --prefix "$cache" --loglevel error --no-fund --no-audit
  python3 -m venv --clear "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$here/requirements.lock"
  cat "$here/package-lock.json" "$here/requirements.lock" > "$cache/installed"
fi
echo "readers: everything is there, in $cache"
