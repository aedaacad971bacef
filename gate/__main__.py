"""`python -m gate` is `dai-gate`."""

from gate.cli.app import main

main()
