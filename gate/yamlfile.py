"""Reads a YAML file that a person wrote: what may be a slip of the pen is refused, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from gate.errors import UsageError


class _Loader(yaml.SafeLoader):
    """YAML 1.1 but for three of its traps: equal keys of which the last wins, aliases, and `1:30` as ninety."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse aliases: a few lines of them are a document of any size, and a merge hides what a key is."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            problem = f"the alias *{event.anchor}; write the value out"
            raise yaml.composer.ComposerError(problem=problem, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"duplicate key {key.value!r}", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        super().flatten_mapping(node)

    def construct_whole(self, node: yaml.ScalarNode) -> Any:
        return node.value if ":" in node.value else self.construct_yaml_int(node)

    def construct_fraction(self, node: yaml.ScalarNode) -> Any:
        return node.value if ":" in node.value else self.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_whole)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_fraction)


def read(path: Path | str, *, origin: str, right: str) -> Any:
    """Return what a YAML file holds, None for an empty one.

    Raises UsageError: `origin` says where the path came from, `right` what would be right in the file.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a safe one
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{origin}: {path} cannot be read: {why}", "Name a YAML file that can be read.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid YAML: {_where(error)}", right) from error


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it is nested too deeply or holds an impossible value"
    return f"{problem} (line {mark.line + 1})" if mark else str(problem)
