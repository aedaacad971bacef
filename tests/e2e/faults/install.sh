#!/bin/sh
# Installs what the tests of this folder put between gate and server. A second time it does nothing.
set -eu
missing=""
for part in nginx haproxy; do
    command -v "$part" >/dev/null || missing="$missing $part"
done
[ -z "$missing" ] && exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then # the packages shall start no service of their own
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing
