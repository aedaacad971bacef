"""Layers of settings: which value wins, how it is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.core.verdict import Reason, Require, Verdict
from gate.errors import UsageError
from gate.settings.load import Settings, load, unread_file
from gate.settings.sections import OPTIONS


def from_file(folder: Path, text: str, **environ: str) -> Settings:
    path = folder / "settings.yml"
    path.write_bytes(text.encode())
    return load({}, {"DAI_CONFIG": str(path), **environ})


def test_types_are_true() -> None:
    """Defaults have the type of what is read: seconds, a rule, a description."""
    settings = load({}, {})
    assert (settings.timing.timeout, settings.rules.require, settings.connection.insecure) == (
        3600.0,
        Require.ALL,
        False,
    )
    chosen = load({"exit_code": ("failed=9", "not-found=0"), "require": "2"}, {}).rules
    assert chosen.exit_code == ((Verdict.FAILED, 9), (Reason.NOT_FOUND, 0))
    assert chosen.require == Require(2)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("model: 1.10", "1.10"),
        ("model: 007", "007"),
        ("model: NO", "NO"),
        ("model: 0x1F", "0x1F"),
        ("model: [0123]", "0123"),
        ("model: off", "off"),
        ("model: 2026-01-31", "2026-01-31"),
        ("\ufeffmodel: ' M '", "M"),
    ],
)
def test_text_in_a_file_is_taken_as_it_is_written(tmp_path: Path, text: str, read: str) -> None:
    """No scalar for a text option becomes a number, a date or a truth value on the way."""
    assert from_file(tmp_path, text).targets.model == (read,)


@pytest.mark.parametrize("text", ["timeout: 060", "timeout: 60", "timeout: '60'", "timeout: 60s", "timeout: 1m"])
def test_durations_in_a_file(tmp_path: Path, text: str) -> None:
    """A leading zero is no octal."""
    assert from_file(tmp_path, text).timing.timeout == 60


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timeout: 0x5A", "'0x5A' is not a duration"),
        ("timeout: 1:30", "'1:30' is not a duration"),
        ("timeout: 1_000", "'1_000' is not a duration"),
        ("limit: 1_0", "'1_0' is not a whole number"),
        ("backoff-factor: 1_5", "'1_5' is not a number"),
        ("a: &x [*x]", "alias"),
        ("url: {a: b}", "expected a single value, not keys and values"),
        ("url: http://x/api/run/progress", "use 'http://x'"),
        ("results-url: https://me:hush@x/{id}", "user name or a password"),
        (f'suite-name: "{"x" * 200}\\0"', "control character"),
        ("? [a]\n: b", "a key that is not plain"),
    ],
)
def test_what_is_refused_in_a_file(tmp_path: Path, text: str, words: str) -> None:
    """Each is a usage error that names the file, and repeats no value without a bound."""
    with pytest.raises(UsageError, match=words) as caught:
        from_file(tmp_path, text)
    assert "settings.yml" in caught.value.cause
    assert "hush" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    """More than 1 MiB is no settings file."""
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        from_file(tmp_path, "#" * (1 << 20) + "\n")


@pytest.mark.parametrize("name", ["client_id", "realm", "username", "junit", "schedule", "url", "timeout", "insecure"])
@pytest.mark.parametrize("around", [("\ufeff", "\r\n"), (" \t", "\n"), ("\n", " ")])
def test_what_is_around_a_value_is_no_part_of_it(name: str, around: tuple[str, str]) -> None:
    """Blanks, line ends and a byte-order mark are taken off in every kind of value, from every source."""
    plain = {"schedule": "fixed", "url": "http://x", "timeout": "60", "insecure": "yes"}.get(name, "word")
    text = f"{around[0]}{plain}{around[1]}"
    assert load({}, {f"DAI_{name.upper()}": text}).given[name].texts == (plain,)
    assert load({name: text}, {}).given[name].texts == (plain,)


@pytest.mark.parametrize("nothing", ["", " \r\n", "\ufeff", "\ufeff\n"])
def test_a_variable_without_a_value_names_no_file(nothing: str) -> None:
    """DAI_CONFIG is read like any other variable: of blanks, line ends and a byte-order mark alone it is not given."""
    assert load({}, {"DAI_CONFIG": nothing}).file is None


def test_bytes_that_are_no_text_name_their_origin() -> None:
    """A value that is not UTF-8 is a usage error, from a variable and from a flag."""
    with pytest.raises(UsageError, match="environment variable DAI_REALM holds bytes that are not UTF-8 text"):
        load({}, {"DAI_REALM": "a\udcff"})
    with pytest.raises(UsageError, match="--realm holds bytes that are not UTF-8 text"):
        load({"realm": "a\udcff"}, {})


def test_values_of_other_sections_are_not_read() -> None:
    """A command does not stumble over a variable that another command reads."""
    environ = {"DAI_TIMEOUT": "soon"}
    assert load({}, environ, sections=("connection", "log")).timing.timeout == 3600
    with pytest.raises(UsageError, match="DAI_TIMEOUT"):
        load({}, environ)


def test_the_format_of_the_log_is_known_before_a_wrong_value() -> None:
    """So that the error itself is written in that format."""
    formats: list[str] = []
    with pytest.raises(UsageError):
        load({"log_format": "json", "timeout": "soon"}, {}, known=formats.append)
    assert formats == ["json"]


def test_a_file_that_nobody_named_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where none is named; one that is a dangling link counts as there."""
    monkeypatch.chdir(tmp_path)
    assert unread_file(load({}, {})) is None
    (tmp_path / ".dai-gate.yml").symlink_to("nowhere")
    assert "--config .dai-gate.yml" in str(unread_file(load({}, {})))
    assert unread_file(from_file(tmp_path, "")) is None


def test_what_decides() -> None:
    """Where credentials go, whom to trust and what passes is decided by these options alone."""
    assert {each.key for each in OPTIONS if each.decides} == {
        *("url", "api", "token-url", "realm", "token-file", "client-secret-file", "password-file"),
        *("ca-bundle", "client-cert", "client-key", "insecure"),
        *("exit-code", "require", "model", "limit", "since", "fail-fast"),
    }
