#!/usr/bin/env bash
# Install what the tests of this folder put around the gate, on Debian 12 as root, with Node 20 at hand. Once more is
# quick.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/access
debian=(openssl squid stunnel4 tinyproxy-bin)

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

installed=$(dpkg-query --show --showformat '${db:Status-Status}\n' "${debian[@]}" 2> /dev/null | grep -cx installed || true)
if [ "$installed" -ne "${#debian[@]}" ]; then
  # In runlevel 1 no service is started: the tests start their own.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "${debian[@]}" > "$cache/apt.log"
fi

if ! cmp --quiet "$here/package-lock.json" "$cache/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$cache"
  npm ci --prefix "$cache" --loglevel error --no-fund --no-audit
  cp "$here/package-lock.json" "$cache/installed.json"
fi
echo "access: everything is there, in $cache"
