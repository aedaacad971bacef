"""From declared settings to options of the command line, and how `--help` lists them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import click

from gate.cli.types import Value
from gate.errors import UsageError
from gate.settings.declared import Option
from gate.settings.kinds import PATH
from gate.settings.secrets import SECRETS
from gate.settings.sections import OPTIONS, SECTIONS


class SectionedOption(click.Option):
    """An option that `--help` lists under the heading `section`. Its value is text, or None where it is not given."""

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def _made(option: Option, *, is_hidden: bool) -> SectionedOption:
    flag = f"{option.flag}/--no-{option.key}" if option.negative else option.flag
    shown = f"  [default: {option.default}]" if option.default else ""
    return SectionedOption(
        [flag, *([option.short] if option.short else []), option.name],
        section=SECTIONS[option.section].title,
        type=bool if option.is_switch else Value(option.kind),
        is_flag=option.is_switch or None,
        multiple=option.multiple,
        default=None,
        help=option.help + shown,
        hidden=is_hidden,
    )


def _options_of_all() -> tuple[click.Option, ...]:
    config = SectionedOption(["--config"], section="Other", type=Value(PATH), help="A settings file (YAML).")
    refused = (
        click.Option([f"--{name}"], hidden=True, expose_value=False, callback=_refuse_secret) for name in SECRETS
    )
    return (config, *refused)


def _refuse_secret(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    del ctx
    if value is not None:
        name = param.opts[0].removeprefix("--")
        raise UsageError(
            f"--{name}: a secret on the command line shows in process lists and logs",
            f"Remove it, and change the secret if others could see it; {SECRETS[name]}.",
        )


class SectionedCommand(click.Command):
    """A command with the options of `sections`, `--config`, the flags that are refused, and `others`.

    An option that is `refused` with a reason of its own is not shown in its `--help`.

    Its `--help` shows an example first, and lists the options under headings. They are made when they are asked for: of
    forty options for each command, a wait needs its own.
    """

    def __init__(
        self,
        *args: Any,
        example: str,
        sections: Sequence[str] = (),
        others: Callable[[], list[click.Parameter]] = list,
        footer: tuple[str, Sequence[tuple[str, str]]] | None = None,
        refused: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.example, self.footer = example, footer
        self._sections, self._others, self._refused, self._complete = sections, others, refused, False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        if self._sections and not self._complete:
            self._complete = True
            self.params += self._others()
            chosen = (each for each in OPTIONS if each.section in self._sections)
            self.params += [_made(each, is_hidden=each.name in self._refused) for each in chosen]
            self.params += _options_of_all()
        return super().get_params(ctx)

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
        if self.footer is not None:
            title, rows = self.footer
            with formatter.section(title):
                formatter.write_dl(rows)
