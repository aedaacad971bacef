"""Reads a YAML file that a person wrote: what may be a slip is refused, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from gate.errors import UsageError, shown

LARGEST_BYTES = 1 << 20

Texts = str | None | list[Any] | dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML 1.1 but for three of its traps: equal keys of which the last wins, aliases, and `1:30` as ninety."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse aliases: a few lines of them are a document of any size, and a merge hides what a key is."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # its stubs leave it out
            problem = f"the alias *{event.anchor[:60]}; write the value out"
            raise yaml.composer.ComposerError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        check_keys(node)
        super().flatten_mapping(node)

    def construct_whole(self, node: yaml.ScalarNode) -> Any:
        return node.value if ":" in node.value else self.construct_yaml_int(node)

    def construct_fraction(self, node: yaml.ScalarNode) -> Any:
        return node.value if ":" in node.value else self.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_whole)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_fraction)


def check_keys(node: yaml.MappingNode) -> None:
    """Raise ConstructorError for a key that is there twice."""
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                problem = f"duplicate key {shown(key.value)}"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)


def read(path: Path | str, *, origin: str, right: str) -> Any:
    """Return what a YAML file holds, None for an empty one.

    Raises UsageError: `origin` says where the path came from, `right` what would be right in the file.
    """
    try:
        return yaml.load(_content(path), _Loader)  # noqa: S506 - it is a safe one
    except OSError as error:
        raise UsageError(f"{origin}: {error}", "Name a YAML file that can be read.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid YAML: {_where(error)}", right) from error


def read_texts(path: Path | str) -> Texts:
    """Return what a YAML file holds with every plain value as text, as it is written; None for one that is empty.

    Raises ValueError, which names the file.
    """
    try:
        node = yaml.compose(_content(path), _Loader)
        return None if node is None else _texts(node)
    except OSError as error:
        raise ValueError(str(error)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not valid YAML: {_where(error)}") from error


_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
)


def _texts(node: yaml.Node) -> Texts:
    if node.tag not in _PLAIN_TAGS:
        problem = f"the tag {shown(node.tag)}; write the value without it"
        raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
    if isinstance(node, yaml.MappingNode):
        check_keys(node)
        return {_key(key): _texts(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_texts(each) for each in node.value]
    return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(problem="a key that is not plain", problem_mark=node.start_mark)
    return str(node.value)


def _content(path: Path | str) -> str:
    """Return a file's text. Raises OSError, which says why, for one that cannot be read."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise OSError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > LARGEST_BYTES:
        raise OSError(f"{path} cannot be read: it is larger than 1 MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeError as error:
        raise OSError(f"{path} cannot be read: it is not UTF-8 text") from error


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it is nested too deeply or holds an impossible value"
    return f"{problem} (line {mark.line + 1})" if mark else str(problem)
