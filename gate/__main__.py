"""`python -m gate` is `dai-gate`."""

from gate.cli import main

main()
