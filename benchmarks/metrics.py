"""The size and the shape of the package, now and at an earlier revision: `make metrics [BEFORE=v0.1.0]`.

    python benchmarks/metrics.py [REVISION]

A revision is read from a git worktree of its own, which is removed afterwards. A cycle is a set of modules that
import one another when they are loaded; what a function imports when it is called does not count.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def modules(root: Path) -> dict[str, str]:
    """Return the text of every module of the package below `root`, by its name."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for path in sorted((root / "gate").rglob("*.py"))
    }


def functions(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and the name of every function, without its decorators."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1, node.name


def imported(text: str, names: Mapping[str, str]) -> set[str]:
    """Return the package's modules that a module imports when it is loaded."""
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {each if each in names else str(node.module) for each in parts}
    return found & set(names)


def cycle(texts: Mapping[str, str]) -> str:
    """Return the first import cycle, `none` where there is none."""
    graph = {name: imported(text, texts) - {name} for name, text in texts.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(error.args[1])
    return "none"


def figures(root: Path) -> dict[str, str]:
    texts = modules(root)
    lines = {name: len(text.splitlines()) for name, text in texts.items()}
    sizes = [(size, f"{name}.{each}") for name, text in texts.items() for size, each in functions(text)]
    largest = max(lines, key=lambda name: lines[name])
    longest, longest_name = max(sizes)
    return {
        "modules": f"{len(texts)}",
        "lines": f"{sum(lines.values()):,}",
        "median module": f"{statistics.median(lines.values()):.0f} lines",
        "largest module": f"{lines[largest]} lines ({largest})",
        "functions": f"{len(sizes):,}",
        "median function": f"{statistics.median(size for size, _ in sizes):.0f} lines",
        "longest function": f"{longest} lines ({longest_name})",
        "functions of 40 lines and more": f"{sum(size >= 40 for size, _ in sizes)}",
        "import cycle": cycle(texts),
    }


def at(revision: str) -> dict[str, str]:
    """Return the figures of a revision."""
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*git, "add", "--quiet", "--detach", folder, revision], check=True)
        try:
            return figures(Path(folder))
        finally:
            subprocess.run([*git, "remove", "--force", folder], check=True)


def main() -> None:
    columns = {"now": figures(ROOT)}
    if len(sys.argv) > 1:
        columns = {sys.argv[1]: at(sys.argv[1]), **columns}
    print(f"| gate/ | {' | '.join(columns)} |")
    print(f"| --- |{' --- |' * len(columns)}")
    for name in columns["now"]:
        print(f"| {name} | {' | '.join(column[name] for column in columns.values())} |")


if __name__ == "__main__":
    main()
