"""dai-gate: make a pipeline wait for an Eggplant DAI run, and stop when it did not pass.

Where things are, in the order in which a command uses them:

- `cli`: parses the command line, calls one function of `commands`, and returns its exit code.
- `settings`: what was asked for, as frozen records. `sections` declares every option, `kinds` reads values, `secrets`
  knows credentials, `load` chooses among flag, environment, file and default.
- `commands`: one module for each command. `context` builds redactor, log, build server and session for all of them;
  `polling` leads from settings to a report.
- `core`: decides, without clock, socket, file or environment. `api` holds the status words, `progress` reads an answer,
  `watch` says what to ask next and when it is over, `schedule` when to poll again, `verdict` what the exit code is.
- `dai`: talks to the server. `client` asks, `transport` makes one bounded request, `login` gets tokens, `faults` names
  what can go wrong, `poller` drives the watch.
- `reports`: one module for each format, all from the same frozen `Report`; `outputs` lists them.
- `simulator`: stands in for a server.

`clock` and `signals` are the only ways to time and to signals, `yamlfile` to YAML; `declare` and `apifile` declare the
keys of YAML files; `errors` are what ends a command early. CONTRIBUTING.md says where something new goes.
"""

__version__ = "0.1.0"
