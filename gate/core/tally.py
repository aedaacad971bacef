"""The watched runs, how many of them have ended how, and whether that is enough to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gate.core.progress import Progress, others
from gate.core.run import WatchedRun
from gate.core.targets import ModelTarget
from gate.core.verdict import Reason, Rules, Verdict


class Tally:
    """Keeps the watched runs in the order of the command line; a model has a placeholder until its runs are pinned."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.runs: list[WatchedRun] = []
        self._ended: Counter[Verdict | None] = Counter()
        self._may_pass = 0
        self._models: list[str] = []
        self._unpinned = 0

    def add(self, run: WatchedRun, target: ModelTarget | None = None) -> None:
        """Add a run, or the placeholder of a target."""
        self.runs.append(run)
        self._may_pass += target.limit if target else 1
        if target is not None:
            self._models.append(target.model)
            self._unpinned += 1

    def replace(self, run: WatchedRun) -> None:
        """Put a run in the place of the only one."""
        self.runs.clear()
        self._ended.clear()
        self._may_pass = 0
        self.add(run)

    def pin(self, placeholder: WatchedRun, target: ModelTarget, found: Sequence[Progress]) -> list[WatchedRun]:
        """Put the runs of a target in the place of its placeholder; return them, but for those watched already."""
        new = others(found, [run.run_id for run in self.runs if run.run_id])
        pinned = [WatchedRun(run_id=run.id, model=target.model) for run in new]
        place = self.runs.index(placeholder)
        self.runs[place : place + 1] = pinned
        self._may_pass += len(pinned) - target.limit
        self._unpinned -= 1
        return pinned

    def end(self, run: WatchedRun, target: ModelTarget | None) -> None:
        """Count a run that has its verdict; with `target` it is the placeholder of that."""
        self._ended[run.verdict] += 1
        self._may_pass -= target.limit if target else 1

    def note_missing(self) -> WatchedRun | None:
        """Add a row for what is missing where all models are pinned, and fewer runs were found than must pass."""
        found, least = len(self.runs), self._rules.require.least
        if self._unpinned or least is None or found >= least:
            return None
        run = WatchedRun(model=self._models[0] if len(self._models) == 1 else None)
        text = f"Only {found} run{'' if found == 1 else 's'} found, and {least} must pass (--require {least})."
        run.close(Verdict.UNKNOWN, text, Reason.NOT_FOUND)
        self.runs.append(run)
        self._ended[Verdict.UNKNOWN] += 1
        return run

    def why_decided(self) -> str:
        """Return why no open run needs to be watched any longer; nothing if one does."""
        passed, least = self._ended[Verdict.PASSED], self._rules.require.least
        if least is not None and passed >= least:
            return f"{'another run has' if passed == 1 else f'{passed} other runs have'} passed, which is enough."
        is_any_lost = sum(self._ended.values()) > passed
        if not (self._rules.fail_fast and is_any_lost):
            return ""
        if least is None:
            return "another run can no longer pass (--fail-fast)."
        return f"not enough runs can still pass (--require {least})." if passed + self._may_pass < least else ""
