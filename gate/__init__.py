"""dai-gate: make a pipeline wait for an Eggplant DAI run, and stop when it did not pass.

The map, in the order of one trip:

`cli` parses the command line; `settings` freezes flag, environment, file and default into one object, each value with
its origin. `wait` builds what one wait needs, runs it, reports, and knows the exit code. `core` decides: `progress`
reads what the server said, `watch` says what to ask next and when it is over, `schedule` when to look again, and
`verdict` holds the table from how it ended to the exit code; it is pure, and knows no clock, socket, file or
environment. `dai` talks: `transport` makes one bounded request, `credentials` sign it, `client` sorts what came of it,
and `poller` drives the watch. `reports` tell the same frozen `Report` in every format. `simulator` stands in for a
server. `clock` and `signals` are the seams to time and to the system, `yamlfile` to what a person wrote. `errors` are
what ends a command early.
"""

__version__ = "0.1.0"
