"""The summary for people, as GitHub and GitLab draw it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given

from gate.core.verdict import TABLE, Reason, Verdict
from gate.reports import markdown
from gate.reports.report import Report
from reporting import BEGIN, RUN_ID, SERVER, make_report, make_run, reports

V = Verdict


def test_a_pass_is_short() -> None:
    """A pass is the headline and the run."""
    assert markdown.render(make_report()).split("\n") == [
        "# ✅ dai-gate: passed",
        "",
        f"**The run passed**; waited 4m, exit code 0. Server: `{SERVER}`",
        "",
        "Runs",
        "----",
        "",
        "| Verdict | Model | Run | Status | Agent | Took | Results |",
        "| --- | --- | --- | --- | --- | ---: | --- |",
        f"| ✅ passed | Checkout | `{RUN_ID}` | Passed | agent-1 | 3m | [open](<{SERVER}/runs/{RUN_ID}>) |",
        "",
    ]


def test_what_did_not_pass_says_why() -> None:
    """Before the table stand the server's words, the last error where it says more, and what to do next, once."""
    lost = make_run(V.UNKNOWN, reason=Reason.LOST_CONTACT, message="No answer came. Refused.", last_error="Refused.")
    gone = make_run(V.UNKNOWN, reason=Reason.NOT_FOUND, message="Not found.", last_error="Gone.", id=None, url=None)
    text = markdown.render(make_report(lost, make_run(V.FAILED), gone, resume="dai-gate wait a b"))
    assert text.startswith("# ❌ dai-gate: failed\n\n**0 of 3 runs passed**")
    assert "\n| ⚠️ unknown (not-found) | Checkout | - | Unknown | agent-1 | 3m | - |\n" in text
    causes, steps, runs, _ = re.split(r"\n---+\n\n", text)[1:]
    assert causes == (
        f"- **failed** Checkout `{RUN_ID}`: The server says Failed after 3m.\n"
        f"- **unknown (lost-contact)** Checkout `{RUN_ID}`: No answer came. Refused.\n"
        "- **unknown (not-found)** Checkout: Not found.\n"
        "  - Last error: Gone.\n\n"
        "What to do next"
    )
    assert steps == (
        f"- **failed**: {TABLE[V.FAILED].advice}\n- **unknown**: {TABLE[V.UNKNOWN].advice}\n\n"
        "To resume: `dai-gate wait a b`\n\nRuns"
    )
    assert runs.startswith("| Verdict |")


def test_the_worst_comes_first() -> None:
    """The causes, what to do and the rows come in the order in which verdicts decide, passes last."""
    runs = map(make_run, [V.PASSED, V.INCOMPLETE, V.TIMED_OUT, V.FAILED])
    causes, steps, table, _ = re.split(r"\n---+\n\n", markdown.render(make_report(*runs)))[1:]
    order = ["failed", "timed-out", "incomplete"]
    assert re.findall(r"(?m)^- \*\*(\S+)\*\*", causes) == order
    assert re.findall(r"(?m)^- \*\*(\S+)\*\*", steps) == order
    assert re.findall(r"(?m)^\| \S+ (\S+) \|", table) == [*order, "passed"]


def test_the_chart_says_more_than_the_table() -> None:
    """One run has no chart; of many runs, those have one that did not pass, where there are two."""
    many = [make_run() for _ in range(15)]
    assert "mermaid" not in markdown.render(make_report(make_run(V.FAILED)))
    assert markdown.render(make_report(*many)).count(" passed :done, ") == 15
    assert "mermaid" not in markdown.render(make_report(*many, make_run(V.FAILED)))
    text = markdown.render(make_report(*many, make_run(V.FAILED), make_run(V.FAILED)))
    assert (text.count(" passed :done, "), text.count(" failed :crit, ")) == (0, 2)


def test_nothing_watched() -> None:
    """A wait without runs has a headline and nothing to show."""
    text = markdown.render(make_report(runs=(), verdict=V.UNKNOWN, exit_code=5))
    assert text == (f"# ⚠️ dai-gate: unknown\n\n**Nothing was watched**; waited 4m, exit code 5. Server: `{SERVER}`\n")


def test_an_address_with_entities_stays_itself() -> None:
    """What looks like a character's name in an address is not read as one."""
    text = markdown.render(make_report(make_run(url=f"{SERVER}/?a=1&lt;=2")))
    assert f"[open](<{SERVER}/?a=1&amp;lt;=2>)" in text


@pytest.mark.parametrize(
    ("minutes", "axis"), [(9, "%H:%M:%S"), (10, "%H:%M"), (24 * 60 - 1, "%H:%M"), (24 * 60, "%m-%d %H:%M")]
)
def test_the_axis_suits_the_length(minutes: int, axis: str) -> None:
    """A short wait is given in seconds, a long one in days."""
    text = markdown.render(make_report(make_run(), make_run(ended_at=BEGIN + timedelta(minutes=minutes))))
    assert f"\naxisFormat {axis}\n" in text


def test_a_task_has_a_length() -> None:
    """A run that ended when it began is drawn as one second; a run without a model has a name."""
    text = markdown.render(make_report(make_run(V.TIMED_OUT, model=None, ended_at=BEGIN), make_run()))
    assert "\n1 unknown model cecaf3f5 timed-out :active, 2026-01-02 03:04:05, 2026-01-02 03:04:06\n" in text


def test_tasks_of_one_model_are_told_apart() -> None:
    """Several runs of a model have their short ids in the chart."""
    watched = [make_run(id=f"{sign * 8}{RUN_ID[8:]}", model=model) for sign, model in ("aA", "bA", "cB")]
    text = markdown.render(make_report(*watched))
    assert re.findall(r"^(\d .*) :done", text, re.MULTILINE) == [
        "1 A aaaaaaaa passed",
        "2 A bbbbbbbb passed",
        "3 B passed",
    ]


def test_the_chart_shows_the_worst_first() -> None:
    """Of more runs than a chart shows the worst are drawn, in their order, and the others are counted."""
    watched = [*(make_run(V.INCOMPLETE) for _ in range(55)), *(make_run(V.FAILED) for _ in range(5)), make_run()]
    chart = markdown.render(make_report(*watched)).partition("Timeline of what did not pass\n")[2]
    tasks = re.findall(r"^\d+ .* (\S+) :", chart, re.MULTILINE)
    assert tasks == ["failed"] * 5 + ["incomplete"] * 45
    assert chart.endswith("\n\n_And 10 more._\n")


def test_very_many_runs_are_cut_with_a_note() -> None:
    """A summary stays below the limit; what is left out is said, and what did not pass comes first."""
    runs = [make_run(message="€" * 2000, last_error="&" * 2000) for _ in range(3000)]
    text = markdown.render(make_report(*runs, make_run(V.FAILED, model="Culprit"), *runs))
    assert len(text.encode()) < 1024 * 1024
    assert "**6000 of 6001 runs passed**" in text
    assert re.search(r"\n_\d+ more runs are not listed here; those that did not pass come first._\n", text)
    first_row = text.split("| --- |\n")[1].split("\n")[0]
    assert first_row.startswith("| ❌ failed | Culprit |")


def _without_own_lists(text: str) -> str:
    """Return a summary without what holds nothing foreign: what to do next, and the chart."""
    text = re.sub(r"What to do next\n---+\n\n(- .*\n)+\n", "", text)
    return re.split("Timeline.*\n---", text)[0]


@given(reports)
def test_foreign_text_makes_no_markup(report: Report) -> None:
    """Lines, cells and fences are as many as our own; nothing of what stands between them is markup."""
    text = markdown.render(report)
    lines = _without_own_lists(text).split("\n")
    assert not any(line[:1].isspace() and not line.startswith("  - Last error: ") for line in lines)
    rows = [line for line in lines if line.startswith("|")][2:]
    assert len(rows) == len(report.runs)
    assert {row.count("|") for row in rows} == {8}
    start = re.compile(r"# |Runs$|What did not pass, and why$|---+$|\*\*|\| |- \*\*|  - Last error: |$")
    assert all(map(start.match, lines))
    assert text.count("```") == 2 * text.count("```mermaid")
    for line in lines:
        words = re.sub(r"\[open\]\(<https?://[^<>\s|`]+>\)|`[^`|]+`|&#\d+;|\*\*[\w ()-]+\*\*|^#+ ", "", line)
        assert not re.search(r"[<>`*_\[\]&@#$~\\]", words)


@given(reports)
def test_foreign_text_says_nothing_to_mermaid(report: Report) -> None:
    """A task is a number, a name of letters and digits, a verdict, a tag and two times."""
    text = markdown.render(report)
    drawing = text.split("section Runs (UTC)\n")[1].split("\n```")[0] if "```mermaid" in text else ""
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    for line in drawing.splitlines():
        assert re.fullmatch(rf"\d+ [\w .-]{{1,81}} [a-z-]+ :(done|crit|active), {moment}, {moment}", line)
