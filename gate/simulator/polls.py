"""Requests about progress, in the form that an API description gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from gate.core.description import RequestTemplate
from gate.simulator.answers import Request


def _pattern(template: str, value: str) -> re.Pattern[str]:
    """Return what finds the values of placeholders again where a template was filled in."""
    parts = re.split(r"\{(id|model|limit)\}", template)
    return re.compile(
        "".join(f"(?P<{each}>{value})" if index % 2 else re.escape(each) for index, each in enumerate(parts))
    )


class Polls:
    """Recognises the requests about progress of one API, and reads what they ask about."""

    def __init__(self, template: RequestTemplate) -> None:
        self._method = template.method
        self._path = _pattern(template.path, "[^/]+")
        self._query = {name: _pattern(text, ".*") for name, text in template.query.items()}
        self._body = {name: _pattern(text, ".*") for name, text in (template.form or template.json).items()}

    def hold(self, method: str, path: str) -> bool:
        return method == self._method and self._path.fullmatch(path) is not None

    def read(self, request: Request, path: str) -> Mapping[str, str]:
        """Return the id, the model and the limit, as far as they were sent."""
        match = self._path.fullmatch(path)
        found = {name: unquote(text) for name, text in match.groupdict().items()} if match else {}
        query = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        for fields, patterns in ((query, self._query), (request.parameters, self._body)):
            for name, pattern in patterns.items():
                if name in fields and (match := pattern.fullmatch(fields[name])):
                    found |= match.groupdict()
        return found
