#!/bin/sh
# Changes the code that decides in one small way at a time, and lists the changes that no test notices.
# About ten minutes; CONTRIBUTING.md explains the ones that are left. Run from the checkout: tests/mutants.sh PYTHON
set -eu
python=$(realpath -s "${1:-.venv/bin/python}")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp -r gate tests README.md pyproject.toml "$place"
cat >"$place/setup.cfg" <<END
[mutmut]
source_paths=gate
only_mutate=
    gate/core/agenda.py
    gate/core/answer.py
    gate/core/backoff.py
    gate/core/group.py
    gate/core/polls.py
    gate/core/progress.py
    gate/core/run.py
    gate/core/schedule.py
    gate/core/targets.py
    gate/core/verdict.py
    gate/core/watch.py
also_copy=
    tests
    README.md
pytest_add_cli_args_test_selection=
    tests/unit/core
pytest_add_cli_args=
    --deselect
    tests/unit/core/test_properties.py
timeout_multiplier=3
timeout_constant=2
END
cd "$place"
"$python" -m mutmut run --max-children 2 | tail -n 1
"$python" -m mutmut results | grep survived | while read -r name _; do
    "$python" -m mutmut show "${name%:}" | grep -E '^(# |[-+] )'
done
