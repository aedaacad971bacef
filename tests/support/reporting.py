"""Made-up reports for the tests of reporters, and text that tries to break out of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from gate.core.snapshot import Poll
from gate.core.verdict import TABLE, Reason, Verdict, judge
from gate.reports.report import Report, RunReport

BEGIN = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
RUN_ID = "cecaf3f5-c071-46b2-8918-924420e3f954"
SERVER = "https://dai.example"

# What once broke out of a report, a log or a command somewhere.
HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07",
    "\x1b]unended",
    "a\r\n::error::b",
    "##vso[task.complete result=Succeeded]done",
    "###teamcity[buildStatus status='SUCCESS']",
    "##[add-mask]x",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)>",
    "&lt;b&gt; &amp; &#60;i>",
    "| a | b |\n|---|---|",
    "\\| \\\\| `|`",
    "```\n%%{init: {'securityLevel': 'loose'}}%%\nclick a href \"javascript:alert(1)\"",
    "[x](javascript:alert(1)) ![y](https://evil.example/y.png)",
    "https://evil.example www.evil.example me@evil.example",
    "@someone #123 !7 GH-9 :tada: $x$ ~bug &4 org/repo#1 org/repo@abcdef1",
    "- item",
    "1. item",
    "# heading",
    "]]>--><!-- ?>",
    "$CI_JOB_TOKEN $(id) `id` ${HOME} %PATH% %%x%%",
    "'|n##teamcity[x]|",
    ";]=,:%0A%0D%25%AZP25",
    "\u202egnirts\u2066\u200b\u2028\u2029\x85\x0b\x0c",
    "\x00\ud800\ufffe\U000fffff\x9b31m",
    "__proto__ **bold** _it_ ~~del~~ <https://evil.example>",
    "{{ 1 }} {% x %} ${{ secrets.TOKEN }}",
    "A" * 3_000,
)
foreign = st.text(max_size=60) | st.sampled_from(HOSTILE) | st.tuples(*[st.sampled_from(HOSTILE)] * 2).map("".join)
moments = st.datetimes(timezones=st.just(UTC))
near = st.timedeltas(-timedelta(days=40), timedelta(days=40)).map(lambda delta: BEGIN + delta)


def make_run(verdict: Verdict = Verdict.PASSED, **facts: Any) -> RunReport:
    """Return a run of the model Checkout that took three minutes."""
    run = RunReport(
        id=RUN_ID,
        model="Checkout",
        type="model",
        agent="agent-1",
        verdict=verdict,
        reason=Reason.LOST_CONTACT if verdict is Verdict.UNKNOWN else None,
        status=TABLE[verdict].type,
        started_at=BEGIN,
        ended_at=BEGIN + timedelta(minutes=3),
        duration_s=180.0,
        observed_s=181.5,
        url=f"{SERVER}/runs/{RUN_ID}",
        message=f"The server says {TABLE[verdict].type} after 3m.",
        statuses=((BEGIN, "Running"), (BEGIN + timedelta(minutes=3), TABLE[verdict].type)),
    )
    return replace(run, **facts)


def make_report(*runs: RunReport, **facts: Any) -> Report:
    """Return the report of a wait for these runs, or for one that passed."""
    runs = runs or (make_run(),)
    verdict = judge([run.verdict for run in runs])
    report = Report(
        verdict=verdict,
        exit_code=TABLE[verdict].exit_code,
        started_at=BEGIN,
        ended_at=BEGIN + timedelta(minutes=4),
        elapsed_s=240.0,
        server=SERVER,
        polls=12,
        requests=14,
        runs=runs,
        suite_name="eggplant-dai",
    )
    return replace(report, **facts)


runs = st.builds(
    make_run,
    st.sampled_from(Verdict),
    id=st.none() | foreign,
    model=st.none() | foreign,
    type=st.none() | foreign,
    agent=st.none() | foreign,
    status=st.none() | foreign,
    url=st.none() | foreign | foreign.map(lambda text: f"{SERVER}/{text}"),
    message=foreign,
    last_error=foreign,
    statuses=st.lists(st.tuples(moments | near, foreign), max_size=3).map(tuple),
    started_at=st.none() | near | moments,
    ended_at=st.none() | near | moments,
    duration_s=st.none() | st.floats(0, 1e7),
    observed_s=st.floats(0, 1e7),
    earlier_s=st.lists(st.floats(0.001, 1e7), max_size=3).map(sorted).map(tuple),
)
reports = st.builds(
    lambda watched, name, polls, settings: make_report(*watched, suite_name=name, poll_log=polls, settings=settings),
    st.lists(runs, min_size=1, max_size=4),
    foreign,
    st.lists(st.builds(Poll, near, st.none() | foreign), max_size=3).map(tuple),
    st.lists(st.tuples(st.just("url"), foreign, foreign), max_size=2).map(tuple),
)
