"""Writes the parts of the documents that come from the program: `make docs`.

A block is between `<!-- name -->` and `<!-- /name -->`, in YAML between `# name:` and `# end of name`. A test fails if
one is stale.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from gate.apifile import API
from gate.cli.commands import COMMANDS
from gate.cli.options import SectionedOption
from gate.core.api import RUN_PROGRESS
from gate.core.description import Status
from gate.core.duration import format_duration
from gate.core.verdict import PRECEDENCE, TABLE
from gate.declare import DURATION, MOMENT, NUMBER, Kind, ListOf, Record
from gate.reports.log_events import LogEvent
from gate.settings import sections as declared
from gate.settings.secrets import SECRETS
from gate.settings.sections import OPTIONS
from gate.simulator import faults
from gate.simulator.faults import AnyFault
from gate.simulator.runs import RunTemplate
from gate.simulator.scenario import SCENARIO

ROOT = Path(__file__).parents[1]
README, ACTION, DOCS = ROOT / "README.md", ROOT / "action.yml", ROOT / "docs"

CONFIG = "A settings file (YAML)."
SECTIONS = {record.title: name for name, record in declared.SECTIONS.items()}
KEYS = {each.name: each for each in OPTIONS}


def table(headings: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a table; `headings` are separated by `|`."""
    titles = headings.split("|")
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def exit_codes() -> str:
    rows = [[f"`{row.verdict}`" if row.verdict else "-", str(row.exit_code), row.when] for row in TABLE.values()]
    return table("verdict|exit code|when", rows)


def campaigns() -> str:
    """Return what the campaigns came to when they were last run whole."""
    files = ("soak/figures.md", "attack/figures.md", "attack/memory.md")
    texts = [(ROOT / "tests" / name).read_text(encoding="utf-8").strip() for name in files]
    return "\n".join(textwrap.fill(f"- {text}", 135, subsequent_indent="  ", break_on_hyphens=False) for text in texts)


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
        rows.append([f"`{word}`", "running: polled again" if status is Status.RUNNING else f"`{status.value}`"])
    other = "`unknown`: at once if the run has an end time, else when it has kept that word for `--contact-timeout`"
    rows.append(["any other", other])
    return table("status word|how the gate reads it", rows)


# The options


def names_of(option: click.Parameter) -> str:
    return " / ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])


def default_of(option: click.Option) -> str:
    if option.required:
        return "required"
    declared = KEYS.get(option.name or "") if isinstance(option, SectionedOption) else None
    if declared and declared.default:
        return f"`{declared.default}`"
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
    shown = (
        option.metavar or option.type.get_metavar(option, click.Context(COMMANDS["wait"])) or option.type.name.upper()
    )
    return f" `{shown.strip('[]')}`".replace("|", "\\|")


def options_of(*titles: str) -> list[SectionedOption]:
    """Return the options of these sections."""
    params = COMMANDS["wait"].get_params(click.Context(COMMANDS["wait"]))
    return [each for each in params if isinstance(each, SectionedOption) and each.section in titles]


# The options of README; the reference has all.
MOST_USED = (
    *("model", "limit", "since", "require", "exit-code", "timeout", "schedule"),
    *("junit", "json", "url", "ca-bundle", "client-id"),
)


def options_table() -> str:
    chosen = {f"--{name}" for name in MOST_USED}
    options = [each for each in options_of(*SECTIONS) if each.opts[0] in chosen]
    rows = [[names_of(each), default_of(each), help_of(each)] for each in options]
    if len(rows) != len(chosen):
        raise ValueError(f"{sorted(chosen)} are not all options")
    rows.append(["`--config`", "", CONFIG])
    return table("option|default|meaning", rows)


def section(title: str) -> str:
    """Return one section of options, with every way in which each can be given."""
    rows = [
        [
            f"{names_of(each)}{values_of(each)}",
            default_of(each),
            f"`{KEYS[str(each.name)].variable}`",
            f"`{KEYS[str(each.name)].key}`",
            help_of(each),
        ]
        for each in options_of(title)
    ]
    return table("option|default|variable|key|meaning", rows)


def all_sections() -> str:
    return "\n\n".join(f"### {title}\n\n{section(title)}" for title in SECTIONS)


def secrets() -> str:
    rows = []
    for name, fix in SECRETS.items():
        [variable] = re.findall(r"DAI_\w+", fix)
        [option] = re.findall(r"--[a-z-]+", fix)
        rows.append([name.replace("-", " "), f"`{variable}`", f"`{option}`"])
    return table("secret|variable|or a file named by", rows)


# The commands


def commands() -> str:
    rows = [
        [f"[`dai-gate {name}`](#dai-gate-{name})", each.get_short_help_str(limit=200)]
        for name, each in COMMANDS.items()
    ]
    return table("command|what it does", rows)


def command(name: str) -> str:
    """Return what there is to say of one command, but for the options that it shares with others."""
    made = COMMANDS[name]
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
    sectioned = [each for each in made.params if isinstance(each, SectionedOption)]
    shared = dict.fromkeys(each.section for each in sectioned if not is_own(each))
    if shared:
        links = [f"[{title}](#{slug(title)})" for title in [*shared] if title in SECTIONS]
        parts.append(f"And the options of {', '.join(links)}, and `--config`.")
    return "\n\n".join(parts)


def example(made: click.Command) -> str:
    return str(getattr(made, "example", ""))


def is_own(param: click.Parameter) -> bool:
    """Return whether an option belongs to its command alone."""
    if not isinstance(param, click.Option) or param.hidden or "--help" in param.opts:
        return False
    return not isinstance(param, SectionedOption) or param.section not in {*SECTIONS, "Other"}


def slug(heading: str) -> str:
    """Return the anchor that GitHub and GitLab give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# The simulator


def shown_default(declared: Any) -> str:
    """Return the default of a key as it would be written; nothing where there is none worth a word."""
    kind, default = declared["kind"], declared["default"]
    if declared["required"]:
        return "required"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, timedelta):
        return f'`"+{default // timedelta(hours=1):02}:00"`'
    if isinstance(default, float) and kind is not NUMBER:
        return f"`{format_duration(default) if default else '0s'}`"
    if isinstance(default, str | int | float) and default != "":
        return f"`{default}`"
    return ""


def shown_kind(kind: Kind[Any]) -> str:
    """Return in a few words what is written at a key."""
    if isinstance(kind, Record):
        return "keys, below"
    if isinstance(kind, ListOf):
        return "list, below" if isinstance(kind.kind, Record | AnyFault) else f"list: {shown_kind(kind.kind)}"
    if kind in {DURATION, MOMENT}:
        return "duration" if kind is DURATION else "duration, may be negative"
    return kind.expected.replace("|", "\\|")


def keys_of(record: Record[Any]) -> list[list[str]]:
    """Return the rows of a table of keys."""
    rows = []
    for name, each in record.keys.items():
        declared = each.metadata
        rows.append([f"`{name}`", shown_kind(declared["kind"]), shown_default(declared), declared["about"]])
    return rows


def records_in(record: Record[Any], path: str = "") -> Iterator[tuple[str, Record[Any]]]:
    """Yield a record and all that are in it, each with its path, and each once."""
    yield path, record
    for name, each in record.keys.items():
        kind = each.metadata["kind"]
        inner = kind.kind if isinstance(kind, ListOf) else kind
        if isinstance(inner, Record) and inner.cls is not RunTemplate and inner is not API:
            yield from records_in(inner, f"{path}{name}." if inner is kind else f"{path}{name}[].")


def tables_of(top: Record[Any]) -> list[str]:
    """Return a title and a table for a record and each one in it."""
    parts = []
    for path, record in records_in(top):
        about = inspect.cleandoc(record.cls.__doc__ or "").splitlines()[0]
        parts += [f"`{path.removesuffix('.')}`: {about}" if path else about]
        parts += [table("key|value|default|meaning", keys_of(record))]
    return parts


def api_keys() -> str:
    """Return the keys of an API description, from their declarations."""
    return "\n\n".join(tables_of(API))


def scenario_keys() -> str:
    """Return the keys of a scenario, from their declarations."""
    parts = tables_of(SCENARIO)
    common = Record(faults.Fault).keys
    rows = []
    for name, cls in faults.KINDS.items():
        own = [row for row in keys_of(Record(cls)) if row[0].strip("`") not in common]
        described = "; ".join(f"{row[0]}: {row[3]}{f' ({row[2]})' if row[2] else ''}" for row in own)
        rows.append([f"`{name}`", cls.about, described])
    parts += [
        "`faults[]`: a `status`, or a `kind`, and",
        table("key|value|default|meaning", keys_of(Record(faults.Fault))),
    ]
    parts += ["Kinds of fault:", table("kind|what happens|its own keys (default)", rows)]
    return "\n\n".join(parts)


# The action

# Options that make no sense in a workflow, each with the reason.
LEFT_OUT = {"no-color": "the log of a job is no terminal, and has no colors to switch off"}
RUN_ID = "The id of the run to wait for; separate several with spaces or line breaks."
SECRET_INPUTS = {
    "token": "The access token. Give it as a secret; it is never written to a file or a log.",
    "client-secret": "The secret of client-id. Give it as a secret; it is never written to a file or a log.",
    "password": "The password of username. Give it as a secret; it is never written to a file or a log.",
}


def action_inputs() -> dict[str, str]:
    """Return the inputs of the action with their descriptions: the options of `wait`, and the secrets."""
    inputs = {"run-id": RUN_ID}
    for option in OPTIONS:
        if option.key not in LEFT_OUT:
            default = f" Default: {option.default}." if option.default else ""
            inputs[option.key] = re.sub(r" +\[", " [", option.help) + default
    return inputs | {"config": CONFIG} | SECRET_INPUTS


def inputs() -> str:
    lines = ["inputs:"]
    for name, text in action_inputs().items():
        quoted = "'" + text.replace("'", "''") + "'" if re.search(r": | #|^[^\w]", text) else text
        lines += [f"  {name}:", f"    description: {quoted}"]
    return "\n".join(lines)


def input_variables() -> str:
    """Return the environment of the step; the workflow's own variables hold where an input is empty."""
    variables = {name: "DAI_" + name.upper().replace("-", "_") for name in action_inputs()}
    return "\n".join(
        f"        {variable}: ${{{{ inputs.{name} || env.{variable} }}}}" for name, variable in variables.items()
    )


def log_events() -> str:
    rows = ([f"`{each}`", each.meaning, ", ".join(f"`{name}`" for name in each.fields) or "-"] for each in LogEvent)
    return table("event|meaning|fields", rows)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "campaigns": campaigns,
    "options": options_table,
    "verdicts": verdicts,
    "precedence": precedence,
    "status-words": status_words,
    "commands": commands,
    "sections": all_sections,
    "secrets": secrets,
    "scenario": scenario_keys,
    "api": api_keys,
    "log-events": log_events,
    "inputs": inputs,
    "variables": input_variables,
    **{f"command-{name}": partial(command, name) for name in COMMANDS},
}

# Which blocks stand where, each once.
DOCUMENTS: Mapping[Path, tuple[str, ...]] = {
    README: ("exit-codes", "campaigns", "options"),
    DOCS / "reference.md": (
        "commands",
        *(f"command-{name}" for name in COMMANDS),
        "sections",
        "secrets",
        "exit-codes",
        "scenario",
        "api",
    ),
    DOCS / "log-events.md": ("log-events",),
    ACTION: ("inputs", "variables"),
    DOCS / "how-it-decides.md": ("verdicts", "precedence", "status-words"),
}


def fill(text: str, names: Iterable[str], place: Any = "the text") -> str:
    """Return the text with the blocks of these names made anew; each must be there once."""
    for name in names:
        marks = rf"(<!-- {name} -->|# {name}:[^\n]*)\n.*?( *)(<!-- /{name} -->|# end of {name})"
        new = BLOCKS[name]().replace("\\", r"\\")
        text, count = re.subn(marks, rf"\g<1>\n{new}\n\g<2>\g<3>", text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{place} holds the block {name!r} {count} times")
    return text


if __name__ == "__main__":
    for document, names in DOCUMENTS.items():
        document.write_text(fill(document.read_text(encoding="utf-8"), names, document.name), encoding="utf-8")
