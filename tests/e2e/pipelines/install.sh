#!/usr/bin/env bash
# Install what the tests of this folder use, on Debian 12 as root, with Node 20 at hand. Once more is quick.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/pipelines
debian=(default-jre-headless docker.io git groovy iptables mmdebstrap rsync)
image=$cache/python-3.13-slim.tar

mkdir -p "$cache/home"
# Another suite's installation may be under way.
exec 9> "$cache/lock"
flock 9

installed=$(dpkg-query --show --showformat '${db:Status-Status}\n' "${debian[@]}" 2> /dev/null | grep -cx installed || true)
if [ "$installed" -ne "${#debian[@]}" ]; then
  # In runlevel 1 no service is started: the tests start an engine of their own.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "${debian[@]}" > "$cache/apt.log"
fi

if ! cmp --quiet "$here/requirements.lock" "$cache/installed.lock"; then
  python3 -m venv --clear "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$here/requirements.lock"
  cp "$here/requirements.lock" "$cache/installed.lock"
fi

if ! cmp --quiet "$here/package-lock.json" "$cache/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$cache"
  npm ci --prefix "$cache" --loglevel error --no-fund --no-audit
  cp "$here/package-lock.json" "$cache/installed.json"
fi

# No image can be pulled everywhere. This one stands in for python:3.13-slim: Debian 13 with Python 3.13, and with the
# certificates that this machine trusts, so that the unmodified Dockerfile can install packages.
own=/usr/local/share/ca-certificates
if [ ! -e "$image" ] || [ -n "$(find "$own" -newer "$image" -print -quit)" ]; then
  mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates,python3,python3-pip,python3-venv,tzdata \
    --customize-hook="cp -a $own/. \"\$1$own/\"" \
    --customize-hook='chroot "$1" update-ca-certificates' \
    --customize-hook='rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED' \
    --customize-hook='ln -s python3 "$1/usr/bin/python"' \
    --customize-hook='for name in python python3 pip; do ln -s /usr/bin/$name "$1/usr/local/bin/$name"; done' \
    trixie "$image.part" > "$cache/image.log" 2>&1
  mv "$image.part" "$image"
fi
echo "pipelines: everything is there, in $cache"
