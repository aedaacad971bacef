"""Writes what the documents say of the program from the program itself: `python docs/generate.py`.

A block stands between `<!-- name -->` and `<!-- /name -->`. A test finds out what is stale.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click

from gate import settings
from gate.cli import app
from gate.core.api import RUN_PROGRESS
from gate.core.description import Status
from gate.core.verdict import PRECEDENCE, TABLE
from gate.settings.params import Setting
from gate.simulator import scenario

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"

SECTIONS = tuple(dict.fromkeys(each.metadata["section"] for each in fields(settings.Settings) if each.metadata))


def table(headings: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a table; `headings` are separated by `|`."""
    titles = headings.split("|")
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def exit_codes() -> str:
    rows = [[f"`{row.verdict}`" if row.verdict else "-", str(row.exit_code), row.when] for row in TABLE.values()]
    return table("verdict|exit code|when", rows)


def verdicts() -> str:
    rows = []
    for row in TABLE.values():
        if row.verdict is None:
            rows.append(["-", str(row.exit_code), row.when, "none", "-"])
            continue
        child = f"`<{row.child}>`" if row.child else "none"
        rows.append([f"`{row.verdict}`", str(row.exit_code), row.when, child, row.advice or "-"])
    return table("verdict|exit code|when|JUnit child|what to do next", rows)


def precedence() -> str:
    return "The first of these that any watched run has: " + ", ".join(f"`{each}`" for each in PRECEDENCE) + "."


def status_words() -> str:
    rows = []
    for status, word in RUN_PROGRESS.words.items():
        rows.append([f"`{word}`", "it goes on: look again" if status is Status.RUNNING else f"`{status.value}`"])
    other = "`unknown`: at once if the run has an end time, else when it has stood at that word for `--contact-timeout`"
    rows.append(["any other", other])
    return table("status word|what the gate makes of it", rows)


# The options


def names_of(option: click.Parameter) -> str:
    return " / ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])


def default_of(option: click.Option) -> str:
    if option.required:
        return "required"
    if stated := _STATED_DEFAULT.search(option.help or ""):
        return stated[1]
    if option.is_flag:
        return "off"
    return f"`{option.default}`" if option.show_default else ""


_STATED_DEFAULT = re.compile(r" *\[(?:default: )?(.*?)]")


def help_of(option: click.Option) -> str:
    return _STATED_DEFAULT.sub("", option.help or "").replace("|", "\\|")


def values_of(option: click.Option) -> str:
    """Return what is written behind an option, as `--help` shows it."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.IntRange):
        return " `NUMBER`"
    shown = option.metavar or option.type.get_metavar(option, click.Context(app.dai_gate)) or option.type.name.upper()
    return f" `{shown.strip('[]')}`".replace("|", "\\|")


def options_table() -> str:
    rows = [[names_of(each), default_of(each), help_of(each)] for each in settings.options(*SECTIONS)]
    rows.append(["`--config`", f"`{settings.DEFAULT_FILE}` if there", "The settings file."])
    return table("option|default|meaning", rows)


def section(title: str) -> str:
    """Return one section of options, with every way in which each can be given."""
    rows = [
        [f"{names_of(each)}{values_of(each)}", default_of(each), f"`{each.variable}`", f"`{each.key}`", help_of(each)]
        for each in settings.options(title)
    ]
    return table("option|default|variable|key|meaning", rows)


def all_sections() -> str:
    return "\n\n".join(f"### {title}\n\n{section(title)}" for title in SECTIONS)


def secrets() -> str:
    rows = []
    for name, fix in settings.SECRETS.items():
        variable = re.search(r"DAI_\w+", fix)
        option = re.search(r"--[a-z-]+", fix)
        assert variable
        assert option
        rows.append([name.replace("-", " "), f"`{variable[0]}`", f"`{option[0]}`"])
    return table("secret|variable|or a file named by", rows)


# The commands


def commands() -> str:
    rows = [
        [f"[`dai-gate {name}`](#dai-gate-{name})", each.get_short_help_str(limit=200)]
        for name, each in app.dai_gate.commands.items()
    ]
    return table("command|what it does", rows)


def command(name: str) -> str:
    """Return what there is to say of one command, but for the options that it shares with others."""
    made = app.dai_gate.commands[name]
    context = click.Context(made, info_name=f"dai-gate {name}")
    usage = " ".join([f"dai-gate {name}", *made.collect_usage_pieces(context)])
    own = [each for each in made.params if is_own(each)]
    parts = [f"```text\n{usage}\n```", inspect.cleandoc(made.help or ""), f"Example:\n\n```sh\n{example(made)}\n```"]
    if own:
        rows = [
            [f"{names_of(each)}{values_of(each)}", default_of(each), help_of(each)]
            for each in own
            if isinstance(each, click.Option)
        ]
        parts.append(table("option|default|meaning", rows))
    shared = dict.fromkeys(each.section for each in made.params if isinstance(each, Setting) and not is_own(each))
    if shared:
        links = [f"[{title}](#{slug(title)})" for title in [*shared] if title in SECTIONS]
        parts.append(f"And the options of {', '.join(links)}, and `--config`.")
    return "\n\n".join(parts)


def example(made: click.Command) -> str:
    return str(getattr(made, "example", ""))


def is_own(param: click.Parameter) -> bool:
    """Tell whether an option belongs to its command alone."""
    if not isinstance(param, click.Option) or param.hidden or "--help" in param.opts:
        return False
    return not isinstance(param, Setting) or param.section not in {*SECTIONS, "Other"}


def slug(heading: str) -> str:
    """Return the anchor that GitHub and GitLab give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# The simulator


def scenario_keys() -> str:
    """Return the simulator's own words on scenarios."""
    _, found, words = inspect.cleandoc(scenario.__doc__ or "").partition("It is written in YAML")
    return found + words


BLOCKS: Mapping[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "options": options_table,
    "verdicts": verdicts,
    "precedence": precedence,
    "status-words": status_words,
    "commands": commands,
    "sections": all_sections,
    "secrets": secrets,
    "scenario": scenario_keys,
    **{f"command-{name}": partial(command, name) for name in app.dai_gate.commands},
}

# Which blocks stand where, each once.
DOCUMENTS: Mapping[Path, tuple[str, ...]] = {
    README: ("exit-codes", "options"),
    DOCS / "reference.md": (
        "commands",
        *(f"command-{name}" for name in app.dai_gate.commands),
        "sections",
        "secrets",
        "exit-codes",
        "scenario",
    ),
    DOCS / "how-it-decides.md": ("verdicts", "precedence", "status-words"),
}


def fill(text: str, names: Iterable[str], place: Any = "the text") -> str:
    """Return the text with the blocks of these names made anew; each must be there once."""
    for name in names:
        block = f"<!-- {name} -->\n{BLOCKS[name]()}\n<!-- /{name} -->"
        text, count = re.subn(
            rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _, block=block: block, text, flags=re.DOTALL
        )
        if count != 1:
            raise ValueError(f"{place} holds the block {name!r} {count} times")
    return text


if __name__ == "__main__":
    for document, names in DOCUMENTS.items():
        document.write_text(fill(document.read_text(encoding="utf-8"), names, document.name), encoding="utf-8")
