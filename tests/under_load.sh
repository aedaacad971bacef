#!/usr/bin/env bash
# Run `make test` once for each seed while four processes keep the processors busy: tests/under_load.sh SEED...
set -uo pipefail
cd "$(dirname "$0")/.."

busy=()
trap 'kill "${busy[@]}"' EXIT
for _ in 1 2 3 4; do
  python3 -c 'while True: pass' &
  busy+=("$!")
done
failed=0
for seed; do
  make test SEED="$seed" || failed=$((failed + 1))
done
echo "$# rounds of make test under load, $failed failed"
exit $((failed > 0))
