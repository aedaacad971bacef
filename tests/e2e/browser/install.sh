#!/usr/bin/env bash
# Install the browser and the accessibility checker that look at the HTML report, on Debian 12 as root, with Node 20.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/browser
node=(axe-core@4.14.1 playwright-core@1.65.1)

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

if ! command -v chromium > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends chromium fonts-dejavu-core > "$cache/apt.log"
fi

if [ "$(cat "$cache/node" 2> /dev/null)" != "${node[*]}" ]; then
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 \
    npm install --prefix "$cache" --loglevel error --no-fund --no-audit --no-save "${node[@]}"
  echo "${node[*]}" > "$cache/node"
fi
echo "browser: everything is there, in $cache"
