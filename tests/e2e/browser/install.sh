#!/usr/bin/env bash
# Install the browser and the accessibility checker that look at the HTML report, on Debian 12 as root, with Node 20.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/browser

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

if ! command -v chromium > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends chromium fonts-dejavu-core > "$cache/apt.log"
fi

if ! cmp --quiet "$here/package-lock.json" "$cache/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$cache"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$cache" --loglevel error --no-fund --no-audit
  cp "$here/package-lock.json" "$cache/installed.json"
fi
echo "browser: everything is there, in $cache"
