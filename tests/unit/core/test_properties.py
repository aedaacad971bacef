"""What holds whatever the server does: the bound of a wait, the one way to `passed`, text that stays in its place."""

from __future__ import annotations

import contextlib
import io
import json
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple
from uuid import UUID
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fakes import START, FakeClock, FakeLine, said
from gate.clock import SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.api import RUN_PROGRESS
from gate.core.backoff import Exponential, Jitter
from gate.core.events import Decided, Event
from gate.core.patience import Limits
from gate.core.progress import Reading
from gate.core.schedule import Pace, Plan
from gate.core.snapshot import RunSnapshot
from gate.core.targets import ModelTarget, Query, Targets
from gate.core.verdict import Reason, Verdict
from gate.core.watch import Watch
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.peer import Peer
from gate.dai.poller import poll
from gate.dai.response import Response
from gate.reports import json as json_report
from gate.reports import junit
from gate.reports.closing import result_line
from gate.reports.console import Console
from gate.reports.log import Log
from gate.reports.log_events import LogEvent
from gate.reports.report import Report, report_run
from gate.reports.text import xml_text

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"

seconds = st.floats(0, 10_000)
nasty = st.sampled_from("\ufffe\uffff\x00\x1b\x85\u202e\u2028\r\n\ud800<&]")
any_text = st.text(st.characters(exclude_categories=()) | nasty, max_size=40)
words = st.sampled_from([*(word for _, word in RUN_PROGRESS.words.items()), "Zombie", "", " PASSED "])
moments = st.none() | st.integers(-(10**9), 10**9).map(lambda shift: START + timedelta(seconds=shift))


@st.composite
def good_answers(draw: st.DrawFn) -> Answer:
    runs = st.builds(
        said,
        st.sampled_from(["a", "b", "c"]),
        words,
        model=st.sampled_from(["M", "N", None]),
        started_at=moments,
        ended_at=moments,
    )
    hint = draw(st.none() | st.floats(0, 1e12))
    return Answer(Reading(tuple(draw(st.lists(runs, max_size=4)))), draw(moments), hint)


bad_answers = st.builds(
    Fault,
    st.sampled_from(FaultKind),
    st.just("a fault"),
    retry_after=st.none() | st.floats(0, 1e12),
    lasting=st.booleans(),
)
# What passes by itself, so that a wait often continues.
passing_faults = st.builds(Fault, st.sampled_from([FaultKind.CONTACT, FaultKind.UNREADABLE]), st.just("a fault"))


class Story(NamedTuple):
    """What a server says, in turn, and how long each answer takes."""

    outcomes: list[Answer | Fault]
    costs: list[float]


stories = st.builds(
    Story,
    st.lists(good_answers() | bad_answers | passing_faults, min_size=1, max_size=12),
    st.lists(seconds, min_size=1, max_size=6),
)
limits = st.builds(
    Limits,
    timeout=st.floats(1, 10_000),
    contact_timeout=st.floats(1, 10_000),
    not_found_grace=st.floats(1, 1_000),
    request_timeout=st.floats(1, 100),
)


def costly(clock: FakeClock, story: Story) -> FakeLine:
    """Return a server whose every answer takes its own time."""
    outcomes, costs = cycle(story.outcomes), cycle(story.costs)
    return FakeLine(clock, lambda *_: next(outcomes), cost_s=lambda _: next(costs))


class Rhythm(NamedTuple):
    """A schedule: `shares` of the timeout make the first wait, and `growth` first waits the longest."""

    shares: float = 50.0
    growth: float = 100.0
    factor: float = 1.5
    jitter: float = 0.0
    chance: float = 0.5
    learned: bool = False


rhythms = st.builds(
    Rhythm,
    st.floats(20, 100),
    st.floats(1, 400),
    st.floats(1, 4),
    st.floats(0, 0.9),
    st.floats(0, 0.999),
    st.booleans(),
)


def begin(watched: Targets, bounds: Limits, rhythm: Rhythm, clock: FakeClock) -> Watch:
    first, jitter = bounds.timeout / rhythm.shares, Jitter(rhythm.jitter, lambda: rhythm.chance)
    longest = first * rhythm.growth

    def exponential() -> Exponential:
        return Exponential(first, longest, rhythm.factor, jitter)

    pace = Pace(
        make_schedule=exponential,
        make_retries=lambda: Exponential(first, longest, 2, jitter),
        plan=(lambda forecast: Plan.make(forecast, exponential(), longest, 1.0)) if rhythm.learned else None,
    )
    return Watch(watched, bounds, pace, started=clock.time)


@settings(deadline=None)
@given(stories, limits, rhythms, st.none() | seconds)
def test_a_wait_is_bounded_and_passes_only_what_passed(
    story: Story, bounds: Limits, rhythm: Rhythm, signal_at: float | None
) -> None:
    """For any schedule, cost and faults: at most the timeout and one request; passed only what was called Passed."""
    clock = FakeClock()
    line = costly(clock, story)
    if signal_at is not None:
        line.signals = [(signal_at, 15)]
    watch = begin(Targets(("a", "b"), (ModelTarget("M", limit=2),)), bounds, rhythm, clock)
    events: list[Event] = []
    poll(watch, line, clock, events.extend)
    elapsed, snapshot = clock.time - line.started, watch.snapshot(clock.time)
    assert elapsed <= bounds.timeout + bounds.request_timeout + 1e-6
    assert signal_at is None or elapsed <= signal_at + 1e-6 or snapshot.signal_number is None
    passed = {
        run.id
        for outcome in story.outcomes
        if isinstance(outcome, Answer)
        for run in outcome.reading.runs
        if run.word.strip().casefold() == "passed"
    }
    for run in snapshot.runs:
        assert run.verdict is not None
        assert run.verdict is not Verdict.PASSED or run.run_id in passed
        assert run.duration_s is None or run.duration_s >= 0
        assert 0 <= run.observed_s <= elapsed
    assert snapshot.verdict is not Verdict.PASSED or all(run.verdict is Verdict.PASSED for run in snapshot.runs)
    decided = [event.run.run_id for event in events if isinstance(event, Decided)]
    assert sorted(map(str, decided)) == sorted(str(run.run_id) for run in snapshot.runs)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.sampled_from([RUN, "Passed"])
keys = st.sampled_from(["id", "status", "modelname", "starttime", "endtime", "processid", "items", "message", "detail"])
times = st.sampled_from(["2018-05-31 17:00:01.366412+01", "9999-12-31T23:59:59-12:00", "0001-01-01 00:00:00+14", "x"])
runs = st.fixed_dictionaries(
    {"id": st.sampled_from([RUN, RUN.upper(), "other"]) | leaves, "status": words | leaves},
    optional={"modelname": any_text, "starttime": times | leaves, "endtime": times | leaves, "processid": leaves},
)
documents = st.recursive(
    leaves | runs, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)
bodies = (
    st.binary(max_size=200)
    | documents.map(lambda content: json.dumps(content).encode())
    | st.tuples(runs, st.binary(max_size=5)).map(lambda both: json.dumps(both[0]).encode() + both[1])
    | runs.map(lambda content: json.dumps(content).encode("utf-16"))
    | st.integers(1, 50).map(lambda depth: b"[" * (depth * 4000))
    | st.sampled_from([b"", b"<html>", b"\xef\xbb\xbf{}", b"NaN", b"1e999", b"9" * 5000, b'{"id":1,"id":2}'])
)
header_values = any_text | st.sampled_from(["0", "-1", "9" * 400, "inf", "Wed, 21 Oct 2099 07:28:00 GMT", "text/html"])
fields = st.dictionaries(st.sampled_from(["Date", "Retry-After", "Content-Type", "Location"]), header_values)
responses = st.builds(
    Response, st.just(200) | st.integers(100, 999), fields, bodies, peer=st.just(Peer("http://127.0.0.1:1"))
)


class Fixed:
    """A transport that gives its answers in turn."""

    def __init__(self, answers: list[Response]) -> None:
        self._answers = cycle(answers)

    @contextlib.contextmanager
    def send(self, *_: object, **__: object) -> Iterator[Response]:
        yield next(self._answers)


def says_passed(content: Any) -> bool:
    """Return whether anything in a document calls the watched run Passed: read anew, and as generously as can be."""
    if isinstance(content, list):
        return any(map(says_passed, content))
    if not isinstance(content, dict):
        return False
    word = content.get("status")
    named = _is_run(content.get("id")) and isinstance(word, str) and word.strip().casefold() == "passed"
    return named or any(map(says_passed, content.values()))


def _is_run(text: Any) -> bool:
    try:
        return UUID(str(text)) == UUID(RUN)
    except ValueError:
        return False


def readable(response: Response) -> Any:
    try:
        return json.loads(response.body) if response.status == 200 else None
    except (ValueError, RecursionError):
        return None


@settings(deadline=None)
@given(st.lists(responses, min_size=1, max_size=3))
def test_any_answer_yields_a_verdict_and_passed_only_what_the_server_called_so(answers: list[Response]) -> None:
    """Arbitrary statuses, headers and bodies: a verdict, reports that can be read, and no pass that was not said."""
    clock = FakeClock()
    client = Client("http://127.0.0.1:1", Fixed(answers), Credentials(None, clock, str))  # type: ignore[arg-type]  # as much of it as is used
    bounds = Limits(timeout=100, contact_timeout=10, not_found_grace=5, request_timeout=5)
    watch = begin(Targets((RUN,)), bounds, Rhythm(), clock)
    stream = io.StringIO()
    log = Log(stream, clock, level=1, redact=str)
    console = Console(log, clock, lambda: watch.snapshot(clock.time), timeout=100)

    def request(query: Query, _: float) -> Answer | Fault:
        return client.progress(query)

    line = FakeLine(clock, request)
    poll(watch, line, clock, console.show)
    snapshot = watch.snapshot(clock.time)
    (run,) = snapshot.runs
    assert run.reason is not Reason.INTERNAL
    assert (run.verdict is Verdict.PASSED) <= any(says_passed(readable(response)) for response in answers)
    report = frozen(run, snapshot.verdict, "{url}/{id}/{model}")
    ET.fromstring(junit.render(report))
    assert json.loads(json_report.render(report))["verdict"] == snapshot.verdict
    assert all(map(is_one_line, stream.getvalue().removesuffix("\n").split("\n")))


def is_one_line(text: str) -> bool:
    """Return whether nothing in a text breaks a line or moves or hides other text."""
    return not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in text)


def frozen(run: RunSnapshot, verdict: Verdict, template: str, **texts: str) -> Report:
    return Report(
        verdict=verdict,
        exit_code=5,
        started_at=START,
        ended_at=START,
        elapsed_s=1.0,
        server=texts.get("server", "http://127.0.0.1:1"),
        polls=1,
        requests=1,
        runs=(report_run(run, str, server="http://127.0.0.1:1", url_template=template),),
        suite_name=texts.get("suite", "eggplant-dai"),
    )


@settings(deadline=None)
@given(st.lists(any_text, min_size=8, max_size=8), st.sampled_from(Verdict), moments)
def test_any_text_stays_in_its_place(texts: list[str], verdict: Verdict, moment: datetime | None) -> None:
    """Whatever text stands anywhere: XML that two parsers read, JSON, and one printable line in log and result."""
    model, run_id, agent, message, error, word, server, suite = texts
    run = RunSnapshot(
        run_id=run_id,
        model=model,
        agent=agent,
        status=word,
        verdict=verdict,
        message=message,
        last_error=error,
        statuses=((datetime.now(UTC), word),),
        started_at=moment,
        ended_at=moment,
    )
    report = frozen(run, verdict, "{url}/{id}/{model}", server=server, suite=suite)
    text = junit.render(report).encode()
    assert [case.tag for case in ET.fromstring(text)].count("testcase") == 1
    assert len(etree.fromstring(text)) == 4
    content: Mapping[str, Any] = json.loads(json_report.render(report))
    assert content["runs"][0]["message"] == (message or "The gate is still waiting, or was killed while waiting.")
    for each in texts:
        ET.fromstring(f"<text>{escape(xml_text(each))}</text>")
    assert is_one_line(result_line(report.runs[0]))
    stream = io.StringIO()
    log = Log(stream, SystemClock(), level=1, redact=str)
    log.error(LogEvent.WARNING, message)
    log.note(LogEvent.SUMMARY, model)
    assert [is_one_line(line) for line in stream.getvalue().removesuffix("\n").split("\n")] == [True, True]
