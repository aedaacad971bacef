"""dai-gate: make a pipeline wait for an Eggplant DAI run, and stop when it did not pass.

`cli` parses the command line; `settings` freezes flag, environment, file and default into one object, each value with
its origin. `commands` holds one module for each command; `commands.wait` builds what one wait needs, runs it, reports,
and knows the exit code. `core` decides: `progress` reads what the server said, `watch` says what to ask next and when
it is over, `schedule` when to poll again, and `verdict` holds the table from how it ended to the exit code; it is pure,
and knows no clock, socket, file or environment. `dai` talks to the server: `transport` makes one bounded request,
`credentials` sign it, `client` sorts what came of it, and `poller` drives the watch. `reports` write the same frozen
`Report` in every format. `simulator` stands in for a server. `clock` and `signals` are the only way to time and to the
system's signals, `yamlfile` to files that a person wrote. `errors` are what ends a command early.
"""

__version__ = "0.1.0"
