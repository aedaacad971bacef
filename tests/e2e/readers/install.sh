#!/usr/bin/env bash
# Install the readers of JUnit files that the tests show the report to, with Node 20 and Python.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/readers
node=(xunit-viewer@10.6.1 junit-report-merger@9.0.4)
python=(junit2html==31.1.4)

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

if [ "$(cat "$cache/versions" 2> /dev/null)" != "${node[*]} ${python[*]}" ]; then
  npm install --prefix "$cache" --loglevel error --no-fund --no-audit --no-save "${node[@]}"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check "${python[@]}"
  echo "${node[*]} ${python[*]}" > "$cache/versions"
fi
echo "readers: everything is there, in $cache"
