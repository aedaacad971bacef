"""What was asked for: frozen records by section, each value with its origin.

A new setting is one field in `sections`; its kind of value is in `kinds`. `load` chooses among flag, environment, file
and default. `secrets`, `file` and `environment` are where values come from; `watched` reads run ids.
"""
