"""The settings file: read only when it is named, every plain value as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gate.errors import UsageError, nearest, shown
from gate.settings.secrets import SECRETS
from gate.settings.sections import OPTIONS


def read_file(path: str, *, origin: str) -> dict[str, tuple[str, ...]]:
    """Return the texts of each setting in a file, by the setting's name.

    Raises UsageError for a file that cannot be read, is not a mapping, names unknown settings, or holds a secret.
    """
    from gate import yamlfile  # noqa: PLC0415 - most pipelines have no settings file, and need not wait for its parser

    try:
        content = yamlfile.read_texts(path)
    except ValueError as error:
        fix = "Write one `setting: value` per line." if "valid YAML" in str(error) else "Name a readable YAML file."
        raise UsageError(f"{origin}: {error}", fix) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(f"{path} holds no settings", "Write one `setting: value` per line, as in `timeout: 90m`.")
    return dict(_checked(content, path))


def _checked(content: dict[str, Any], path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    by_key = {each.key: each for each in OPTIONS}
    for key, value in content.items():
        if key.replace("_", "-") in SECRETS:
            raise UsageError(f"{path} holds a secret: {key!r}", f"Remove it; {SECRETS[key.replace('_', '-')]}.")
        if key not in by_key:
            near = nearest(key.replace("_", "-"), by_key)
            fix = f"Did you mean {near!r}?" if near else f"Known settings: {', '.join(by_key)}."
            raise UsageError(f"{path} has an unknown setting {shown(key)}", fix)
        multiple = by_key[key].multiple
        values = value if isinstance(value, list) and multiple else [value]
        if isinstance(value, list) and None in value:
            raise UsageError(f"key {key!r} in {path}: an entry of its list is empty", "Fill it in, or remove it.")
        if any(isinstance(each, dict | list) for each in values):
            raise UsageError(
                f"key {key!r} in {path}: expected {'a list' if multiple else 'a single value'}, not {_shape(value)}",
                f"Write it as `{key}: {_listed(value) if multiple else 'value'}`.",
            )
        if value is not None:
            yield by_key[key].name, tuple(values)


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "keys and values"
    return f"a list of {_shape(value[0])}" if value and isinstance(value[0], dict | list) else "a list"


def _listed(value: Any) -> str:
    """Return as a list of plain values what was written in another shape."""
    parts = [value] if isinstance(value, dict) else value
    pairs = [(name, each) for part in parts if isinstance(part, dict) for name, each in part.items()]
    plain = [f"{name}={each}" for name, each in pairs[:10] if isinstance(each, str) and len(name + each) < 60]
    return f"[{', '.join(plain) or 'one, two'}]"
