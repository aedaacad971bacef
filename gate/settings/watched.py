"""What is watched: run ids as people and scripts write them, and the models of the settings."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from gate.core.api import UnaskableError
from gate.core.progress import distinct
from gate.core.targets import ById, ByModel, ModelTarget, Query, Targets
from gate.core.text import is_uuid
from gate.errors import UsageError, shown
from gate.settings.kinds import trimmed
from gate.settings.load import Settings

_LONGEST_ID = 200
_LARGEST_INPUT = 1 << 20
_AROUND = frozenset("\"'`´{}[]“”„‟‘’‚‛«»‹›＂＇「」『』")  # noqa: RUF001 - the quotes of many languages
_LIKE = "A run id looks like cecaf3f5-c071-46b2-8918-924420e3f954."

ReadInput = Callable[[], bytes]


def read_run_ids(arguments: Sequence[str], environ: Mapping[str, str], read_input: ReadInput) -> tuple[str, ...]:
    """Return the ids of the arguments, else those of DAI_RUN_ID, each once; `-` stands for those that are read.

    Quotes around an id, the braces of a UUID and the brackets of a JSON list are taken off, and ids with commas or
    blanks between them are taken apart. Raises UsageError for anything else that is not one printable word.
    """
    variable = environ.get("DAI_RUN_ID", "")
    if not arguments and variable.strip():
        return tuple(dict.fromkeys(ids_in(variable, "environment variable DAI_RUN_ID")))
    ids: dict[str, None] = {}
    for argument in arguments:
        if argument.strip() == "-":
            found = list(ids_in(_decoded(read_input()), "standard input"))
            if not found:
                raise UsageError(
                    "-: standard input holds no run id", "Did the command that is piped into dai-gate fail?"
                )
        else:
            found = list(ids_in(argument, "run id"))
            if not found:
                raise UsageError("run id: it is empty", "Is the variable that it comes from set?")
        ids.update(dict.fromkeys(found))
    return tuple(ids)


def ids_in(text: str, origin: str) -> Iterator[str]:
    """Yield the ids in a text. Raises UsageError, with what was probably meant, for what is none."""
    try:
        plain = trimmed(text, origin).strip()
    except ValueError as error:
        raise UsageError(str(error), _LIKE) from error
    is_list = plain.startswith("[") and plain.endswith("]")
    if is_list:
        plain = plain[1:-1].strip()
    if not plain:
        return
    for part in re.split(r"\s*,\s*|\s+", plain):
        if not part:
            raise UsageError(
                f"{origin}: {shown(text)} has an empty entry between its commas", "Is one of its variables empty?"
            )
        if is_list and part == "null":
            raise UsageError(f"{origin}: {shown(text)} holds null in the place of a run id", _LIKE)
        yield _one(part, origin, text)


def _one(part: str, origin: str, text: str) -> str:
    if part == "-":
        raise UsageError(f"{origin}: - is not a run id", "As an argument of its own it stands for standard input.")
    word = part
    if len(word) > 2 and word[0] in "\"'" and word[0] == word[-1]:
        word = word[1:-1]
    if word.startswith("{") and word.endswith("}") and is_uuid(word[1:-1]):
        word = word[1:-1]
    is_odd = not word or not word.isprintable() or len(word) > _LONGEST_ID
    if is_odd or word[0] in _AROUND or word[-1] in _AROUND or re.search(r"[\"'\]}][\[{\"']", word):
        meant = word.strip("".join(_AROUND))
        unclear = meant and meant != word and meant.isprintable() and len(meant) <= _LONGEST_ID
        fix = f"Did you mean {meant}? {_LIKE}" if unclear else _LIKE
        raise UsageError(f"{origin}: {shown(text)} is neither a run id nor several separated by commas or spaces", fix)
    return word


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeError as error:
        raise UsageError("-: standard input is not UTF-8 text", "Pipe run ids into it, and nothing else.") from error


def read_standard_input() -> bytes:
    """Return what standard input holds. Raises UsageError where it cannot be read, or holds more than 1 MiB."""
    if sys.stdin is None:
        raise UsageError("-: standard input is closed", "Pipe the run ids into dai-gate, or name them.")
    try:
        content = sys.stdin.buffer.read(_LARGEST_INPUT + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"-: standard input cannot be read: {why}", "Pipe the run ids into dai-gate, or name them."
        ) from error
    if len(content) > _LARGEST_INPUT:
        raise UsageError("-: standard input holds more than 1 MiB", "Pipe run ids into it, and nothing else.")
    return content


def watched(settings: Settings, run_ids: Sequence[str]) -> Targets:
    """Return what is watched: these runs, and the models' newest. Raises UsageError where that cannot be watched."""
    chosen, api, run_ids = settings.targets, settings.connection.api, distinct(run_ids)
    if not run_ids and not chosen.model:
        raise UsageError("no run is given", "Name a run id (or set DAI_RUN_ID), or a model with --model.")
    for name in ("limit", "since"):
        given = settings.given.get(name)
        if given and given.source == "flag" and not chosen.model:
            raise UsageError(f"--{name} without a model", f"Add --model: --{name} chooses among a model's runs.")
    if chosen.model and not api.asks_by_model:
        raise UsageError(f"{settings.origin('model')}: {api.name} does not ask about {{model}}", "Name run ids.")
    if run_ids and not api.asks_by_id:
        raise UsageError(f"run ids: {api.name} does not ask about {{id}}", "Name a model with --model.")
    least = settings.rules.require.least
    if least is not None and not chosen.model and least > len(run_ids):
        raise UsageError(
            f"{settings.origin('require')}: {least} runs must pass, but only {len(run_ids)} "
            f"{'is' if len(run_ids) == 1 else 'are'} named",
            "Name more runs, or require fewer.",
        )
    models = tuple(ModelTarget(name, chosen.limit, chosen.since) for name in dict.fromkeys(chosen.model))
    queries: list[Query] = [ById(each) for each in run_ids]
    queries += [ByModel(each.model, each.limit) for each in models]
    try:
        for query in queries:
            api.request_for(query)
    except UnaskableError as error:
        raise UsageError(f"{api.name}: {error}", "Check the run ids and the models' names.") from error
    return Targets(run_ids, models)
