"""dai-gate: make a pipeline wait for an Eggplant DAI run, and stop when it did not pass."""
