#!/usr/bin/env bash
# Install the readers of JUnit files that the tests show the report to, with Node 20 and Python; and the schema of
# Jenkins' xUnit plugin, which lies in pytest's source.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/readers

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

locks=("$here/package-lock.json" "$here/requirements.lock" "$here/schema.lock")
if ! cat "${locks[@]}" | cmp --quiet - "$cache/installed"; then
  cp "$here/package.json" "$here/package-lock.json" "$cache"
  npm ci --prefix "$cache" --loglevel error --no-fund --no-audit
  python3 -m venv --clear "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$here/requirements.lock"
  rm -rf "$cache/source"
  "$cache/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-binary :all: \
    --require-hashes --requirement "$here/schema.lock" --dest "$cache/source"
  tar --extract --gzip --file "$cache"/source/pytest-*.tar.gz --to-stdout --wildcards '*/junit-10.xsd' > "$cache/junit-10.xsd"
  cat "${locks[@]}" > "$cache/installed"
fi
echo "readers: everything is there, in $cache"
