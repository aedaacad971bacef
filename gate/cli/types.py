"""Values on the command line: the text as it is given, shown and completed by its kind. Settings read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gate.settings.kinds import Kind

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Value(click.ParamType[str]):
    """Text of a kind."""

    name = "text"

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        return self.kind.metavar

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - as above
        incomplete: str,
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - for a shell that completes only

        if self.kind.is_path:
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(word) for word in self.kind.choices if word.startswith(incomplete)]
