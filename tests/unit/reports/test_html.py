"""The page for people: what it says, and that nothing foreign becomes part of it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product

import pytest
from hypothesis import given

from gate.core.snapshot import Poll
from gate.core.verdict import TABLE, Verdict
from gate.reports import html
from gate.reports.report import Report
from gate.reports.text import link
from reporting import BEGIN, RUN_ID, SERVER, make_report, make_run, reports

V = Verdict
CSS = files("gate.reports").joinpath("report.css").read_text(encoding="utf-8")
VOID = {"meta", "link"}


class Page(HTMLParser):
    """A page as a browser takes it apart: its tags, the attributes that matter, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, tuple(values)))
        self.links += [values["href"]] if "href" in values else []
        self.ids += [values["id"]] if "id" in values else []
        self.references += [values[name] for name in ("aria-labelledby", "aria-describedby") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(" ".join(data.split()))

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    @property
    def text(self) -> str:
        return " ".join(filter(None, self.words))


def page(report: Report) -> Page:
    parsed = Page(html.render(report))
    assert parsed.open == []
    return parsed


def test_a_pass() -> None:
    """The page of a pass names verdict, count, run, times and server, and nothing that went wrong."""
    text = page(make_report()).text
    assert "✓ passed The run passed; waited 4m, exit code 0. ✓ 1 passed" in text
    assert "not pass" not in text
    assert f"Passed (1) ✓ passed Checkout {RUN_ID[:8]} agent-1 3m Message" in text
    assert f"Server {SERVER} Waited 2026-01-02 03:04:05 UTC to 2026-01-02 03:08:05 UTC" in text
    assert "resume" not in text
    assert "Pipeline job" not in text


def test_what_did_not_pass_says_why() -> None:
    """A run that did not pass shows why in its line, and opens to all that is known of it."""
    run = make_run(V.UNKNOWN, message="No answer came.", last_error="Refused.")
    text = page(make_report(run, make_run())).text
    assert (
        f"Unknown (1) {TABLE[V.UNKNOWN].advice} ! unknown Checkout {RUN_ID[:8]} lost-contact: No answer came. 3m "
        f"Message No answer came. Reason lost-contact Run {RUN_ID} "
        "Status Unknown Agent agent-1 Took 3m Started 2026-01-02 03:04:05 UTC "
        "Ended 2026-01-02 03:07:05 UTC Seen Running at 2026-01-02 03:04:05 UTC , Unknown at 2026-01-02 03:07:05 UTC "
        f"Last error Refused. Results {SERVER}/runs/{RUN_ID} open"
    ) in text


def test_the_worst_comes_first() -> None:
    """Verdicts come in the order in which they decide, each with its count, and what to do stands there once."""
    text = page(make_report(*map(make_run, [V.PASSED, V.TIMED_OUT, V.FAILED, V.PASSED, V.FAILED]))).text
    assert "✗ 2 failed ! 1 timed-out ✓ 2 passed" in text
    assert text.index("Failed (2)") < text.index("Timed-out (1)") < text.index("Passed (2)")
    assert text.count(TABLE[V.FAILED].advice) == 1


def test_the_way_on_stands_at_the_head() -> None:
    """The command to resume can be copied whole, and the pipeline's own job is linked."""
    report = make_report(make_run(V.TIMED_OUT), resume="dai-gate wait a 'b'", job_url="https://ci.example/job/1")
    parsed = page(report)
    assert "Pipeline job https://ci.example/job/1 To resume dai-gate wait a 'b'" in parsed.text
    assert "https://ci.example/job/1" in parsed.links


def test_what_is_not_known_is_left_out() -> None:
    """A run of which nothing is known has neither a time line, nor a link, nor an empty line."""
    unseen = make_run(V.UNKNOWN, id=None, model=None, agent=None, status=None, url=None, started_at=None, statuses=())
    unseen = replace(unseen, ended_at=None, duration_s=None)
    parsed = page(make_report(unseen))
    assert "Timeline" not in parsed.text
    assert "! unknown unknown model lost-contact: The server says Unknown after 3m. - Message" in parsed.text
    assert parsed.links == ["data:,"]
    assert not re.search("Results|Agent|Status|Started|Ended", parsed.text)


def test_a_run_that_only_the_gate_saw_is_drawn() -> None:
    """Without a model the bar is still named."""
    assert f"unknown model {RUN_ID[:8]} denied" in page(make_report(make_run(V.DENIED, model=None))).text


def test_durations_are_the_same_everywhere() -> None:
    """The list and the time line say the same of how long a run took, whatever its times would come to."""
    run = make_run(duration_s=61.0, ended_at=BEGIN + timedelta(minutes=9))
    text = page(make_report(run)).text
    assert text.count("1m01s") == 3
    assert "9m" not in text


def test_of_many_runs_the_time_line_shows_what_did_not_pass() -> None:
    """Above 15 runs passes are not drawn; where all the same too many are left, the time line is folded."""
    few, many, bad = ([make_run(V.FAILED), *[make_run()] * 14], [make_run(V.FAILED), *[make_run()] * 15], 16)
    assert html.render(make_report(*few)).count('class="bar"') == 15
    assert html.render(make_report(*many)).count('class="bar"') == 1
    assert "Timeline of what did not pass" in html.render(make_report(*many))
    assert '<details class="part" open>' in html.render(make_report(*many))
    assert '<details class="part" open>' not in html.render(make_report(*[make_run(V.FAILED)] * bad))


def test_nothing_watched() -> None:
    """A wait without runs has a page with its facts alone."""
    text = page(make_report(runs=(), verdict=V.UNKNOWN)).text
    assert "! unknown Nothing was watched" in text
    assert "Message" not in text


def test_a_long_address_is_whole() -> None:
    """Where a link leads is not cut, however long it is."""
    address = f"{SERVER}/{'x' * 3000}"
    assert page(make_report(make_run(url=address))).links[1:] == [address, address]


def test_earlier_durations() -> None:
    """Where earlier runs are known, the page compares with them."""
    text = page(make_report(make_run(earlier_s=(60.0, 150.0, 300.0)), make_run())).text
    assert "Took 3m (usually 2m30s)" in text
    assert "the line is this one. Checkout Checkout passed 3m; 3 earlier ones took 1m to 5m 3m" in text


def test_polls() -> None:
    """Polls are drawn, and each fault is listed once, with when and how often it came."""
    faults = ["Refused.", "Refused.", None, "Refused.", "Gone."]
    seen = tuple(Poll(BEGIN + timedelta(minutes=number), fault) for number, fault in enumerate(faults))
    text = page(make_report(poll_log=seen)).text
    assert "12 polls, 4 without a usable answer; 14 requests" in text
    assert (
        "2026-01-02 03:04:05 UTC to 2026-01-02 03:07:05 UTC , 3 times: Refused. 2026-01-02 03:08:05 UTC : Gone."
    ) in text
    assert "<ul>" not in html.render(make_report(poll_log=seen[2:3]))
    at_once = page(make_report(poll_log=(seen[0], seen[0]))).text
    assert "2026-01-02 03:04:05 UTC , 2 times: Refused." in at_once


def test_settings() -> None:
    """What was set stands there with its value and where that came from."""
    chosen = (("timeout", "15m", "--timeout"), ("fail-fast", "", "key 'fail-fast' in .dai-gate.yml"))
    text = page(make_report(settings=chosen)).text
    assert "Setting Value From timeout 15m --timeout fail-fast - key 'fail-fast' in .dai-gate.yml" in text


def test_very_many_runs() -> None:
    """The list holds every run; of bars there are as many as a person follows."""
    parsed = page(make_report(*[make_run(V.FAILED)] * 300))
    assert [tag for tag, _ in parsed.tags].count("summary") == 301
    assert [tag for tag, _ in parsed.tags].count("svg") == 200
    assert parsed.text.count("And 100 more.") == 1


def test_nothing_from_outside() -> None:
    """The policy allows this style sheet and no other, no script, and no request to anywhere."""
    text = html.render(make_report())
    style = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    assert style == [CSS]
    digest = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    assert text.index(f'<meta http-equiv="Content-Security-Policy" content="{policy}">') < text.index("<style>")
    assert not re.search(r"<(script|img|iframe|object|embed|form|base)\b|\bon\w+=|style=|url\(|@import", text)
    assert set(page(make_report()).links) == {"data:,", f"{SERVER}/runs/{RUN_ID}"}


def test_a_screen_reader_finds_its_way() -> None:
    """There are a language, a title, one first heading, and names for every part and picture."""
    text = html.render(make_report(make_run(), make_run(V.FAILED)))
    parsed = Page(text)
    assert '<html lang="en">' in text
    assert "<title>failed - dai-gate</title>" in text
    assert [tag for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2", "h2"]
    assert len(set(parsed.ids)) == len(parsed.ids)
    assert set(parsed.references) == set(parsed.ids)


@given(reports)
def test_foreign_text_is_text(report: Report) -> None:
    """Whatever the server said, the page has the tags and attributes of a page where it said nothing of note."""
    models = [run.model for run in report.runs]
    harmless = [
        replace(
            run,
            id=run.id and "id",
            model=run.model and f"model {models.index(run.model)}",
            type=None,
            agent=run.agent and "agent",
            status=run.status and "status",
            message="message",
            last_error="" if run.last_error in run.message else "error",
            statuses=tuple((moment, "word") for moment, _ in run.statuses),
            url=SERVER if link(run.url) else None,
        )
        for run in report.runs
    ]
    polls = tuple(replace(poll, fault=poll.fault and f"fault {hash(poll.fault)}") for poll in report.poll_log)
    chosen = tuple((name, value and "value", "origin") for name, value, _ in report.settings)
    foreign = page(report)
    assert foreign.tags == page(replace(report, runs=tuple(harmless), poll_log=polls, settings=chosen)).tags
    assert all(re.fullmatch(r"data:,|https?://[!-~]*", address, re.IGNORECASE) for address in foreign.links)


def test_ids_in_the_list_differ() -> None:
    """Ids that begin alike are shortened to what differs, and a short one is whole."""
    alike = [f"019c1a2b-{number:04}-7000-8000-000000000000" for number in range(2)]
    text = page(make_report(*(make_run(id=each) for each in alike))).text
    assert ["Checkout 019c1a2b-0000 " in text, "Checkout 019c1a2b-0001 " in text] == [True, True]
    assert "Checkout nightly-7 " in page(make_report(make_run(id="nightly-7"))).text


def test_what_to_do_about_runs_that_were_never_found() -> None:
    """Where no run was found, nobody is told to resume with its id."""
    unseen = make_run(V.TIMED_OUT, id=None, started_at=None, statuses=(), duration_s=None)
    text = page(make_report(unseen)).text
    assert "No run was found." in text
    assert "Resume with" not in text


def test_attempts_are_a_list() -> None:
    """A run that was started again says which attempt it is, and lists the earlier ones."""
    first = make_run(V.INCOMPLETE, id="first", message="Stopped.")
    text = page(make_report(make_run(V.FAILED, attempts=(first,)))).text
    assert "attempt 2: The server says Failed after 3m." in text
    assert "Earlier attempts Attempt 1: first incomplete - Stopped." in text


def test_runs_of_one_model_are_told_apart() -> None:
    """In both plots several runs of a model have their short ids beside it; a model of its own has none."""
    watched = [
        make_run(id=f"{sign * 8}{RUN_ID[8:]}", model=model, earlier_s=(90.0,)) for sign, model in ("aA", "bA", "cB")
    ]
    text = html.render(make_report(*watched))
    labels = re.findall(r'<span class="label"><bdi>(\w)</bdi>(?: <code>(\w+)</code>)?', text)
    assert labels == [("A", "aaaaaaaa"), ("A", "bbbbbbbb"), ("B", "")] * 2
    assert ">A bbbbbbbb passed</title>" in text


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(scheme: int) -> None:
    """Every colour of text stands out from both grounds as WCAG's level AA wants it, 4.5 to 1."""
    colours = dict(re.findall(r"--(\w+): (#\w{6});", CSS.split("prefers-color-scheme: dark")[scheme]))
    for ground, ink in product(("ground", "card"), ("ink", "quiet", "link", "passed", "failed", "other")):
        darker, lighter = sorted((luminance(colours[ground]), luminance(colours[ink])))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, f"{ink} on {ground}"
