"""API descriptions: the YAML file that says how a server is asked and how its answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gate.core.api import Api
from gate.core.description import METHODS, AnswerPaths, ApiError, RequestTemplate, Words
from gate.core.record import record
from gate.declare import TEXT, ListOf, MapOf, Place, Record, choice, key

_WORDS: Final = ListOf(TEXT)


@record(kw_only=True)
class _Request(RequestTemplate):
    """The request: how runs are asked about."""

    method: str = key(choice(METHODS), "the HTTP method", "GET")
    path: str = key(TEXT, "the path below the server's URL, with `{id}` or `{model}`")
    query: Mapping[str, str] = key(MapOf(TEXT), "fields of the query, with `{id}`, `{model}` or `{limit}`", {})
    form: Mapping[str, str] = key(MapOf(TEXT), "fields of a form that is posted", {})
    json: Mapping[str, str] = key(MapOf(TEXT), "fields of a JSON object that is posted", {})


@record(kw_only=True)
class _Answer(AnswerPaths):
    """Where an answer holds its facts: dotted paths of keys."""

    runs: str = key(TEXT, "where the list of runs is, or the run; left out: the answer itself", "")
    id: str = key(TEXT, "where a run has its id")
    status: str = key(TEXT, "where a run has its status word")
    model: str = key(TEXT, "where a run has the name of its model", "")
    type: str = key(TEXT, "where a run has its type", "")
    agent: str = key(TEXT, "where a run has the name of its agent", "")
    process_id: str = key(TEXT, "where a run has its process id", "")
    started_at: str = key(TEXT, "where a run has its start", "")
    ended_at: str = key(TEXT, "where a run has its end", "")


@record(kw_only=True)
class _Words(Words):
    """The status words, compared without regard to case; any other is `unrecognised-status`."""

    running: tuple[str, ...] = key(_WORDS, "words of a run that has not ended", ())
    passed: tuple[str, ...] = key(_WORDS, "words of a run that passed", ())
    failed: tuple[str, ...] = key(_WORDS, "words of a run that failed", ())
    incomplete: tuple[str, ...] = key(_WORDS, "words of a run that did not run to its end", ())


@record(kw_only=True)
class _Description:
    """How a server is asked about runs, and how its answers are read."""

    request: RequestTemplate = key(Record(_Request), "the request")
    answer: AnswerPaths = key(Record(_Answer), "where an answer holds its facts")
    words: Words = key(Record(_Words), "the status words")


class ApiDescription(Record[Any]):
    """A whole description, read into an `Api`."""

    def read(self, found: Any, place: Place) -> Api:
        """Return the API that is described. Raises UsageError with the key that is wrong."""
        try:
            read: _Description = super().read(found, place)
            return Api(name=place.origin, request=read.request, answer=read.answer, words=read.words)
        except ApiError as error:
            text = str(error).removeprefix(f"{error.key}: ")
            raise place.at(error.key).error(text, "See docs/newer-servers.md.") from None


API: Final = ApiDescription(_Description)
