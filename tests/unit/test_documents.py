"""The documents say what the program does: tables, links, options, variables, commands, settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml
from markdown_it import MarkdownIt

from commands import clear_environment
from gate.cli import app
from gate.cli.commands import COMMANDS
from gate.core.duration import parse_duration
from gate.core.targets import Targets
from gate.settings.environment import current
from gate.settings.load import load
from gate.settings.secrets import SECRETS
from gate.settings.sections import OPTIONS
from gate.settings.watched import read_run_ids, watched
from gate.simulator import parse_scenario
from scripts import ROOT, script

WRITER = script("scripts/documents.py")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)


def read(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Return a document without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    place: str


def blocks(*languages: str) -> Iterator[Block]:
    for document in DOCUMENTS:
        for token in MarkdownIt().parse(read(document)):
            if token.type == "fence" and token.info in languages:
                line = token.map[0] + 1 if token.map else 0
                yield Block(token.info, token.content, f"{document.relative_to(ROOT)}:{line}")


def placed(found: Iterator[Block]) -> list[Any]:
    return [pytest.param(each, id=each.place) for each in found]


# What the program itself says


@pytest.mark.parametrize("document", WRITER.DOCUMENTS, ids=lambda path: str(path.name))
def test_documents_hold_the_programs_own_words(document: Path) -> None:
    """Tables of commands, options, exit codes and status words are those of the program: `make docs` writes them."""
    text = read(document)
    assert WRITER.fill(text, WRITER.DOCUMENTS[document], document.name) == text


@each_document
def test_every_block_is_one_that_is_compared(document: Path) -> None:
    """No block stands in a document that the generator does not fill."""
    found = re.findall(r"^<!-- ([a-z-]+) -->$", read(document), flags=re.MULTILINE)
    named = [name for name in found if f"<!-- /{name} -->" in read(document)]
    assert sorted(named) == sorted(WRITER.DOCUMENTS.get(document, ()))


# Links


def anchors(document: Path) -> set[str]:
    tokens = MarkdownIt().enable("table").parse(read(document))
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {WRITER.slug(title.replace("`", "")) for title in titles}


def links(document: Path) -> Iterator[str]:
    for token in MarkdownIt().enable("table").parse(read(document)):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if isinstance(target, str):
                yield target


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    """Each relative link leads to a file that is there, and to a heading in it; no other host than example.com."""
    for target in links(document):
        path, _, anchor = target.partition("#")
        assert "://" not in path, target
        there = (document.parent / path).resolve() if path else document
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@each_document
def test_hosts_are_made_up(document: Path) -> None:
    """Addresses are those of example.com, of loopback, or variables."""
    hosts = re.findall(r"https?://(?:[^\s/@\"'`]*@)?([\w.-]+)", read(document))
    assert [host for host in hosts if not re.fullmatch(r"(.*\.)?example\.com|localhost|127\.0\.0\.1", host)] == []


def test_every_document_is_in_the_index() -> None:
    """The first page of the documentation names each of its pages, and README leads there."""
    index = ROOT / "docs" / "README.md"
    assert {path.name for path in DOCUMENTS[1:] if path != index} <= set(links(index))
    assert "docs/README.md" in set(links(ROOT / "README.md"))


# Options and variables

# Options of other programs that are named in a sentence.
FOREIGN = {"--build-arg", "--entrypoint", "--env", "--no-verify", "--tty", "--user", "--volume"}
FOREIGN |= {"--check", "--dest", "--find-links", "--ignore-missing", "--no-index", "--require-hashes", "--requirement"}
# Variables that are not settings.
OTHERS = {
    "DAI_RUN_ID",
    "DAI_CONFIG",
    "DAI_GATE_VERDICT",
    "DAI_GATE_EXIT_CODE",
    "DAI_GATE_RUN_ID",
    "DAI_GATE_RUN_IDS",
    "DAI_GATE_URL",
    "DAI_GATE_ATTEMPTS",
}


def known_options() -> set[str]:
    return {
        name
        for command in [app.dai_gate, *COMMANDS.values()]
        for param in command.get_params(click.Context(command))
        if not getattr(param, "hidden", False)
        for name in [*param.opts, *param.secondary_opts]
    }


@each_document
def test_every_option_exists(document: Path) -> None:
    """Each option that a sentence names is one of the program, or of a program that is named here."""
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", prose(read(document))))
    secrets = {f"--{name}" for name in SECRETS}  # named where it is said that they are refused
    assert named - known_options() - FOREIGN - secrets - {"--foo-bar"} == set()


@each_document
def test_every_variable_exists(document: Path) -> None:
    """Each DAI_ variable is one that the program reads or writes."""
    read_by_it = {each.variable for each in OPTIONS}
    secrets = {f"DAI_{name.upper().replace('-', '_')}" for name in SECRETS}
    named = set(re.findall(r"\bDAI_[A-Z_]*[A-Z]\b", read(document)))
    assert named - read_by_it - secrets - OTHERS - {"DAI_FOO_BAR"} == set()


# Command lines

BEGINNING = re.compile(r"\bdai-gate(?::[\w.-]+)?[ ]+(?=[a-z])")


# What stands before `dai-gate` where it is a name in a message or the tag of an image, and no command.
NO_COMMAND = ('error("', "-t")


def command_lines(text: str) -> Iterator[list[str]]:
    """Yield the words behind each `dai-gate` in a script, up to the end of its command."""
    for line in text.replace("\\\n", " ").splitlines():
        for found in BEGINNING.finditer(line):
            if not line[: found.start()].rstrip().endswith(NO_COMMAND):
                yield first_command(line[found.end() :])


def texts(value: object) -> Iterator[str]:
    """Yield every text in a document of YAML."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(each)


def commands_of(block: Block) -> list[list[str]]:
    """Return the commands of a block: those of its lines, or of the texts in it where it is YAML."""
    scripts = texts(yaml.safe_load(block.text)) if block.language == "yaml" else [block.text]
    return [words for script in scripts for words in command_lines(script)]


def first_command(text: str) -> list[str]:
    """Return the words up to what ends a command; quotes that began before it end it as well."""
    while True:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if set(word) <= set("();<>|&"):
                    break
                words.append(word)
        except ValueError:
            text = text[: max(text.rfind("'"), text.rfind('"'))]
            continue
        return words[:-1] if words[-1] == "2" else words


def test_command_lines_are_found() -> None:
    """The reader of scripts sees a command in a pipe, in a quoted step, in a list of YAML, and behind an image."""
    script = """
        id=$(dai-gate start --model M) # a comment
        dai-gate status --json - | jq . && dai-gate wait - 2> log
        sh 'dai-gate wait "$RUN_ID"'
        docker run registry.example.com/dai-gate:1 wait \\
          --junit 'a b.xml'
    """
    assert list(command_lines(script)) == [
        ["start", "--model", "M"],
        ["status", "--json", "-"],
        ["wait", "-"],
        ["wait", "$RUN_ID"],
        ["wait", "--junit", "a b.xml"],
    ]


SCRIPTS = placed(block for block in blocks("sh", "yaml", "groovy", "text") if commands_of(block))


@pytest.mark.parametrize("block", SCRIPTS)
def test_every_command_line_is_one_that_the_program_takes(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each `dai-gate` command in a block is parsed by the program, values and all, in an empty folder, and not run."""
    clear_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for words in commands_of(block):
        if "[OPTIONS]" in words:  # a usage line
            continue
        name, *arguments = [re.sub(r"\$\{\{.*?}}|\$\(?[\w.]+\)?", "value", word) for word in words]
        assert name in COMMANDS, words
        with COMMANDS[name].make_context(name, arguments) as context:
            if name in {"wait", "status", "start", "abort", "check"}:
                load(context.params, current())


EXAMPLES = [
    *(path for name in ("examples", "templates", "vars") for path in sorted((ROOT / name).rglob("*"))),
    *(ROOT / name for name in ("action.yml", "README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_nothing_from_elsewhere_could_be_an_option() -> None:
    """A variable that is an argument stands behind `--` in every example and document: it may begin with a hyphen."""
    found = {path: list(command_lines(read(path))) for path in EXAMPLES if path.is_file()}
    assert sum(map(len, found.values())) > 50
    for path, commands in found.items():
        for name, *words in commands:
            loose = words[: words.index("--")] if "--" in words else words
            values = {value for word, value in pairwise(loose) if word.startswith("-")}
            variables = [word for word in loose if word.startswith("$") and word not in values | {"$@"}]
            assert variables == [], (path, name, words)


# YAML


def mappings(value: object) -> Iterator[dict[Any, Any]]:
    """Yield every mapping in a document, the outer first."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(each)


@pytest.mark.parametrize("block", placed(blocks("yaml")))
def test_every_yaml_is_what_it_says(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are read as settings, scenarios as scenarios, and a step that uses the action gives inputs it has."""
    clear_environment(monkeypatch)
    content = yaml.safe_load(block.text)
    if block.text.startswith("# .dai-gate.yml"):
        file = tmp_path / "settings.yml"
        file.write_text(block.text, encoding="utf-8")
        with COMMANDS["wait"].make_context("wait", ["--config", str(file), "a-run"]) as context:
            chosen = load(context.params, current())
        in_file = {name.replace("_", "-") for name, given in chosen.given.items() if given.source == "file"}
        assert in_file == set(content)
    elif isinstance(content, dict) and "runs" in content and "jobs" not in content:
        parse_scenario(content, origin=block.place)
    inputs = yaml.safe_load(read(ROOT / "action.yml"))["inputs"]
    for step in mappings(content):
        if str(step.get("uses")).partition("@")[0].endswith("/dai-gate"):
            assert set(step.get("with", {})) <= set(inputs), block.place


@pytest.mark.parametrize("block", placed(block for block in blocks("yaml") if "steps." in block.text))
def test_no_step_uses_what_no_step_gives(block: Block) -> None:
    """Each step whose outputs are used in a workflow stands in it before, by its id."""
    for used in re.finditer(r"\bsteps\.([\w-]+)\.", block.text):
        assert re.search(rf"\bid: {used[1]}$", block.text[: used.start()], re.MULTILINE), used[0]


def test_settings_examples_are_there() -> None:
    """The documents show a settings file, a scenario and a step of the action, so that the test above has some."""
    texts = [block.text for block in blocks("yaml")]
    assert any(text.startswith("# .dai-gate.yml") for text in texts)
    assert any(text.startswith("# scenario.yml") for text in texts)
    assert any("uses: OWNER/dai-gate@REF" in text for text in texts)


# What a stranger asks

QUESTIONS = {
    "make Incomplete a warning in GitLab": ("allow_failure", "exit_codes: 3"),
    "my server has a private CA": ("--ca-bundle", "DAI_CA_BUNDLE"),
    "why exit 5": ("lost-contact", "not-found", "rejected", "unreadable", "unrecognised-status", "internal"),
    "wait for the three newest runs of a model": ("dai-gate wait --model Checkout --limit 3",),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stranger_finds_the_answer_at_one_link_from_the_index(question: str) -> None:
    """What is asked most stands in the index, and the section that it links to holds the answer."""
    index = ROOT / "docs" / "README.md"
    words = QUESTIONS[question]
    sections = []
    for target in links(index):
        path, _, anchor = target.partition("#")
        if anchor:
            parts = re.split(r"^## (.*)$", read(index.parent / path), flags=re.MULTILINE)
            sections += [
                text for title, text in zip(parts[1::2], parts[2::2], strict=True) if WRITER.slug(title) == anchor
            ]
    assert any(all(word in text for word in words) for text in sections)


def test_durations_in_sentences_are_durations() -> None:
    """Whatever stands behind an option of time in a sentence is a length of time that the program reads."""
    timed = "timeout|interval|max-interval|contact-timeout|request-timeout|not-found-grace|learned-max-interval"
    found = [value for path in DOCUMENTS for value in re.findall(rf"--(?:{timed}) (\d\w*)", read(path))]
    assert len(found) > 10
    assert all(parse_duration(value) > 0 for value in found)


def test_every_wait_names_what_it_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each `dai-gate wait` in a script names a run or a model: without one it would be refused."""
    clear_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    waits = [words[1:] for block in blocks("sh") for words in commands_of(block) if words[0] == "wait"]
    assert len(waits) > 20
    for arguments in waits:
        with COMMANDS["wait"].make_context("wait", [*arguments]) as context:
            chosen = load(context.params, current())
            ids = read_run_ids(context.params["run_ids"], {}, lambda: b"an-id")
            assert watched(chosen, ids) != Targets(), arguments
