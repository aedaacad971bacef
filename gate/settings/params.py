"""Kinds of values on the command line, and the option that can say where its value came from."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from gate.core.duration import parse_duration
from gate.core.verdict import Verdict
from gate.errors import UsageError


class Duration(click.ParamType[float]):
    """Seconds, written as `90`, `90s`, `15m`, `1h30m` or `250ms`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, bool):
            self.fail(f"{str(value).lower()} is not a duration; write it like 90, 90s, 15m, 1h30m or 250ms", param, ctx)
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class YesOrNo(click.types.BoolParamType):
    """True or false, in the words that click takes for them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is neither true nor false", param, ctx)


class Number(click.ParamType[float]):
    """A finite number within bounds, `highest` itself excluded where it is given, unless the range is `closed`."""

    name = "number"

    def __init__(self, lowest: float, highest: float = math.inf, *, closed: bool = False) -> None:
        self.lowest, self.highest, self.closed = lowest, highest, closed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        below = "" if math.isinf(self.highest) else f" and below {self.highest:g}"
        wanted = f"a number from {self.lowest:g} {f'to {self.highest:g}' if self.closed else f'up{below}'}"
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not self.lowest <= number < self.highest and not (self.closed and number == self.highest):
            self.fail(f"{value!r} is not {wanted}", param, ctx)
        return number


class WholeNumber(click.ParamType[int]):
    """A whole number from `lowest` to `highest`."""

    name = "number"

    def __init__(self, lowest: int, highest: int) -> None:
        self.lowest, self.highest = lowest, highest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip()
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not self.lowest <= int(text) <= self.highest:
            self.fail(f"{text!r} is not a whole number from {self.lowest} to {self.highest}", param, ctx)
        return int(text)


class ModelName(click.ParamType[str]):
    """A model's name as DAI shows it."""

    name = "model"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if not text or not text.isprintable():
            self.fail(f"{value!r} is not the name of a model", param, ctx)
        return text


class Since(click.ParamType[datetime | timedelta]):
    """A moment, or how long ago: `2026-01-31T14:00Z` (local time without an offset), or `2h`."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        if isinstance(value, datetime | timedelta):
            return _with_offset(value)
        text = str(value).strip()
        try:
            return timedelta(seconds=parse_duration(text))
        except ValueError:
            pass
        try:
            return _with_offset(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is neither a duration like 2h nor a time like 2026-01-31T14:00Z", param, ctx)


def _with_offset(value: datetime | timedelta) -> datetime | timedelta:
    return value.astimezone() if isinstance(value, datetime) and value.tzinfo is None else value


class Url(click.ParamType[str]):
    """An http or https address, without a trailing slash and without credentials in it."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        try:
            parts = urlsplit(text)
        except ValueError as error:
            self.fail(f"{text!r} is not an address: {error}", param, ctx)
        try:
            parts.port  # noqa: B018 - raises where the port is none
        except ValueError:
            self.fail(f"{text!r} is not an address: its port is not a whole number from 0 to 65535", param, ctx)
        if "@" in parts.netloc:
            self.fail(
                "the address holds a user name or a password, which would show in logs; "
                "take it out and give credentials through the environment or files",
                param,
                ctx,
            )
        if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s\x00-\x20]", text):
            self.fail(f"{text!r} is not an address; write it like https://dai.example.com:8000", param, ctx)
        if parts.query or parts.fragment:
            self.fail(f"{text!r} has a query or fragment; only scheme, host, port and path make sense here", param, ctx)
        return text.rstrip("/")


class RunId(click.ParamType[str]):
    """A run's id as the server gave it: text without blanks, or `-` for standard input."""

    name = "run id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if not text:
            self.fail("the run id is empty: is the variable set that it comes from?", param, ctx)
        if len(text) > 200 or not text.isprintable() or re.search(r"\s", text):
            several = "; several are arguments of their own, without commas" if re.search(r"[,\s]", text) else ""
            like = "it looks like cecaf3f5-c071-46b2-8918-924420e3f954"
            self.fail(f"{text[:60]!r} is not a run id; {like}{several}", param, ctx)
        return text


class ExitCode(click.ParamType[tuple[Verdict, int]]):
    """`VERDICT=CODE`, the code 0 to 125."""

    name = "verdict=code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Verdict, int]:
        if isinstance(value, tuple):
            return value
        word, _, code = str(value).partition("=")
        verdicts = [verdict.value for verdict in Verdict]
        if word.strip() not in verdicts:
            self.fail(f"{value!r}: the verdict is one of {', '.join(verdicts)}", param, ctx)
        if not re.fullmatch(r"\s*\d{1,3}\s*", code, re.ASCII) or int(code) > 125:
            self.fail(f"{value!r}: the exit code is a whole number from 0 to 125, as in incomplete=0", param, ctx)
        return Verdict(word.strip()), int(code)


class LinkTemplate(click.ParamType[str]):
    """An address with `{url}`, `{id}` and `{model}` to be filled in."""

    name = "template"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        unknown = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in {"url", "id", "model"}]
        if unknown or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
            wrong = "{" + unknown[0] + "}" if unknown else "a brace without its partner"
            self.fail(f"{text!r} holds {wrong}; {{url}}, {{id}} and {{model}} can be filled in", param, ctx)
        if not re.match(r"(https?://|\{url\})", text) or re.search(r"\s", text):
            self.fail(f"{text!r} is not an address; write it like {{url}}/controller/results/runs/{{id}}", param, ctx)
        return text


class Setting(click.Option):
    """An option that the environment and the settings file give as well, and whose errors name where a value is from.

    `section` is the heading under which `--help` lists it.
    """

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    @property
    def key(self) -> str:
        """Return its name in the settings file: the long option without its dashes."""
        return self.opts[0].removeprefix("--")

    @property
    def variable(self) -> str:
        return str(self.envvar)

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Read a repeatable option as one value a line; click would split at any blank."""
        text = self.resolve_envvar_value(ctx)
        if text is None or not self.multiple:
            return super().value_from_envvar(ctx)
        return [line.strip() for line in text.splitlines() if line.strip()]

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        try:
            return super().process_value(ctx, value)
        except click.MissingParameter as error:
            raise UsageError(f"{self.opts[0]} is missing", f"Add {self.opts[0]} {self.make_metavar(ctx)}.") from error
        except click.BadParameter as error:
            raise UsageError(f"{self.origin(ctx)}: {error.message}", self._how_to_give_several(ctx)) from error

    def _how_to_give_several(self, ctx: click.Context) -> str:
        if not self.multiple:
            return ""
        source = ctx.get_parameter_source(self.name or "")
        if source is ParameterSource.ENVIRONMENT:
            return f"Several stand one a line in {self.variable}."
        return f"Several are a list: `{self.key}: [one, two]`." if source is ParameterSource.DEFAULT_MAP else ""

    def origin(self, ctx: click.Context) -> str:
        """Say where the value is from: a flag, a variable, the settings file, or the default."""
        source = ctx.get_parameter_source(self.name or "")
        if source is ParameterSource.ENVIRONMENT:
            return f"environment variable {self.variable}"
        if source is ParameterSource.DEFAULT_MAP:
            return f"key {self.key!r} in {ctx.meta.get('settings-file')}"
        return self.opts[0] if source is ParameterSource.COMMANDLINE else "default"


class Group(click.Group):
    """Commands in the order of their story, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


class SectionedCommand(click.Command):
    """A command whose `--help` shows an example first and lists its options under headings."""

    def __init__(self, *args: Any, example: str, footer: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example, self.footer = example, footer

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record and record[1]:
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            formatter.write(f"  {self.example}\n")
        super().format_help_text(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        formatter.write("\n" + "".join(f"{line}\n" for line in self.footer))
