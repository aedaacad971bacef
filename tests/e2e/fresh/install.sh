#!/usr/bin/env bash
# Make the fresh machines of this folder's tests, on Debian 12 as root: Debian with Python, make, git and nothing else.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/fresh
own=/usr/local/share/ca-certificates

mkdir -p "$cache"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

if ! command -v mmdebstrap > /dev/null || ! command -v ip > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends mmdebstrap iproute2 > "$cache/apt.log"
fi

# Python 3.11 and 3.13. With the certificates that this machine trusts, so that a package index can be reached.
for suite in bookworm trixie; do
  image=$cache/$suite.tar
  if [ ! -e "$image" ] || [ -n "$(find "$own" -newer "$image" -print -quit)" ]; then
    mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates,git,make,python3,python3-venv \
      --customize-hook="cp -a $own/. \"\$1$own/\"" \
      --customize-hook='chroot "$1" update-ca-certificates' \
      "$suite" "$image.part" > "$cache/$suite.log" 2>&1
    mv "$image.part" "$image"
  fi
done
echo "fresh: everything is there, in $cache"
