"""Variables for later jobs, as GitLab takes them: a line each, without quotes, which GitLab would keep."""

from __future__ import annotations

from gate.reports.facts import run_ids
from gate.reports.report import Report
from gate.reports.text import link, shell_word

# GitLab refuses a larger file whole, and with it the verdict.
_LARGEST = 5 * 1024
_LONGEST_URL = 2000


def render(report: Report) -> str:
    """Return the variables.

    `DAI_GATE_RUN_IDS` is left out where not every watched run could be resumed by it, and where it would be too long.
    """
    # Every attempt at a run that was started again, the last one included.
    attempts = [each.id or "" for run in report.runs if run.attempts for each in (*run.attempts, run)]
    url = report.results_url or ""
    values = {
        "DAI_GATE_VERDICT": report.verdict,
        "DAI_GATE_EXIT_CODE": str(report.exit_code),
        "DAI_GATE_RUN_ID": shell_word(report.run_id),
        "DAI_GATE_RUN_IDS": run_ids(report),
        "DAI_GATE_ATTEMPTS": ",".join(map(shell_word, attempts)) or None,
        "DAI_GATE_URL": (link(url) or shell_word(url))[:_LONGEST_URL].replace("$", "%24"),
    }
    lines = {name: f"{name}={value}\n" for name, value in values.items() if value is not None}
    if sum(map(len, lines.values())) > _LARGEST:
        lines.pop("DAI_GATE_RUN_IDS", None)
    return "".join(lines.values())
