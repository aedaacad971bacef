"""What GitLab reads, read as it does."""

from __future__ import annotations

import re

from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports import gitlab
from gate.reports.report import Report
from reporting import BEGIN, RUN_ID, SERVER, make_report, make_run, reports

SECTION = re.compile(r"\x1b\[0Ksection_(start|end):(\d+):([\w.-]+)(\[collapsed=true\])?\r\x1b\[0K")


def test_a_section_of_the_log() -> None:
    """A passed wait is a folded section with a line a run and its link; it took as long as the wait."""
    lines = gitlab.lines(make_report(make_run(), make_run(url=None)))
    begin = int(BEGIN.timestamp())
    assert lines == [
        f"\x1b[0Ksection_start:{begin}:dai_gate[collapsed=true]\r\x1b[0Kdai-gate: passed after 4m",
        f"passed Checkout {RUN_ID} The server says Passed after 3m.",
        f" {SERVER}/runs/{RUN_ID}",
        f"passed Checkout {RUN_ID} The server says Passed after 3m.",
        f"\x1b[0Ksection_end:{begin + 240}:dai_gate\r\x1b[0K",
    ]


def test_what_did_not_pass_is_open() -> None:
    """Nobody has to unfold a section to see why a wait did not pass."""
    first, *_ = gitlab.lines(make_report(make_run(Verdict.FAILED)))
    assert first == f"\x1b[0Ksection_start:{int(BEGIN.timestamp())}:dai_gate\r\x1b[0Kdai-gate: failed after 4m"


@given(reports)
def test_any_text_opens_and_closes_one_section(report: Report) -> None:
    """No run begins or ends a section, or moves the cursor."""
    first, *between, last = gitlab.lines(report)
    assert SECTION.match(first)
    assert SECTION.fullmatch(last)
    assert all("\x1b" not in line and len(line.splitlines()) == 1 for line in between)
