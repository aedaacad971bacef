"""The time line, drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import timedelta

from hypothesis import given

from gate.core.snapshot import Poll
from gate.core.verdict import Verdict
from gate.reports.facts import spans
from gate.reports.report import Report
from gate.reports.svg import durations, polls, timeline
from reporting import BEGIN, make_report, make_run, reports

V = Verdict
MINUTE = timedelta(minutes=1)


def draw(report: Report) -> ET.Element:
    return ET.fromstring(f"<div>{timeline(spans(report))}</div>")


def test_bars_lie_where_the_runs_went_on() -> None:
    """A bar begins and ends at its run's share of the time line; each change of status is a mark on it."""
    late = make_run(V.FAILED, started_at=BEGIN + 2 * MINUTE, ended_at=BEGIN + 4 * MINUTE)
    drawn = draw(make_report(make_run(), late))
    bars = [(each.get("x"), each.get("width")) for each in drawn.iter("rect") if each.get("class") == "bar"]
    assert bars == [("0.00%", "75.00%"), ("50.00%", "50.00%")]
    assert [each.get("cx") for each in drawn.iter("circle")] == ["0.00%", "75.00%"] * 2
    assert [each.get("class") for each in drawn.iter("svg")] == ["passed", "failed"]
    axis = [each.text for each in drawn.iter("span")][-3:]
    assert axis == ["2026-01-02 03:04:05", "03:06:05", "03:08:05 UTC"]


def test_a_row_is_named_on_its_left_and_a_legend_explains_it() -> None:
    """A row is 24 pixels high, its model's name before the bar and its duration behind; a legend has each colour."""
    others = [make_run(V.UNKNOWN), make_run(V.DENIED)]
    drawn = draw(make_report(make_run(), make_run(V.FAILED), make_run(V.FAILED), *others))
    assert [[each.get("class") for each in row] for row in drawn.iter("li")] == [
        ["label", kind, "quiet took"] for kind in ("passed", "failed", "failed", "other", "other")
    ]
    assert {each.get("height") for each in drawn.iter("svg")} == {"24"}
    legend = drawn.find("p")
    assert legend is not None
    assert "".join(legend.itertext()) == " passed  failed  unknown, denied A dot marks when the gate saw a new status."


def test_an_axis_over_midnight_shows_the_days() -> None:
    """Where the days are not one, both ends have theirs, and no time stands between them."""
    drawn = draw(make_report(make_run(ended_at=BEGIN + timedelta(days=1))))
    axis = [each.text for each in drawn.iter("span")][-3:]
    assert axis == ["2026-01-02 03:04:05", None, "2026-01-03 03:04:05 UTC"]


def test_a_picture_is_described_in_words() -> None:
    """Each bar has a title and a description that say all that it shows."""
    (picture,) = draw(make_report(make_run())).iter("svg")
    assert picture.get("role") == "img"
    assert picture.findtext("title") == "Checkout passed"
    assert picture.findtext("desc") == (
        "From 2026-01-02 03:04:05 to 2026-01-02 03:07:05 UTC"
        "; Running seen at 2026-01-02 03:04:05; Passed seen at 2026-01-02 03:07:05"
    )


def test_a_run_without_length_can_be_seen() -> None:
    """A bar is never without width, and never beyond the edge, even if all times are one."""
    (bar,) = [each for each in draw(make_report(make_run(ended_at=BEGIN, statuses=()))).iter("rect") if each.get("x")]
    assert (bar.get("x"), bar.get("width")) == ("0.00%", "0.50%")
    last = make_run(started_at=BEGIN + 3 * MINUTE)
    drawn = [each for each in draw(make_report(make_run(), last)).iter("rect") if each.get("x")]
    assert (drawn[1].get("x"), drawn[1].get("width")) == ("99.50%", "0.50%")


def test_earlier_durations_lie_around_this_one() -> None:
    """Each earlier duration is a dot, this run's own a bar, in shares of the longest; words say the same."""
    drawn = ET.fromstring(f"<div>{durations([make_run(model=None, earlier_s=(90.0, 360.0))])}</div>")
    assert [each.get("cx") for each in drawn.iter("circle")] == ["25.00%", "100.00%"]
    assert [each.get("x") for each in drawn.iter("rect") if each.get("class") == "bar"] == ["50.00%"]
    assert [each.text for each in drawn.iter("desc")] == ["3m; 2 earlier ones took 1m30s to 6m"]
    assert [each.text for each in drawn.iter("title")] == ["unknown model cecaf3f5 passed"]


def test_the_longest_run_of_all_can_be_seen() -> None:
    """The bar of a run that took longer than every earlier one lies within the picture, even where all are nothing."""
    for run in (make_run(earlier_s=(1.0,)), make_run(earlier_s=(0.1,), duration_s=0.0)):
        (bar,) = re.findall(r'class="bar" x="([\d.]+)%"', durations([run]))
        assert bar in {"99.50", "0.00"}


def test_polls_without_an_answer_stand_out() -> None:
    """A poll that brought an answer is a small tick, one that did not a taller one, in a row as wide as its axis."""
    seen = (Poll(BEGIN, None), Poll(BEGIN + MINUTE, "Refused."), Poll(BEGIN + 9 * MINUTE, None))
    drawn = ET.fromstring(f"<div>{polls(make_report(poll_log=seen))}</div>")
    ticks = [(each.get("class"), each.get("x"), each.get("height")) for each in drawn.iter("rect")][1:]
    assert ticks == [("poll", "0.00%", "10"), ("fault", "25.00%", "20"), ("poll", "99.50%", "10")]
    assert [each.get("class") for each in drawn] == ["plots", "axis quiet"]
    assert drawn.findtext("ol/li/svg/desc") == "3 polls, 1 without a usable answer"


@given(reports)
def test_nothing_is_drawn_outside(report: Report) -> None:
    """Whatever the times and names are, the drawing parses, and everything in it lies between 0 and 100 %."""
    if spans(report):
        text = timeline(spans(report))
        ET.fromstring(f"<div>{text}</div>")
        for at, width in re.findall(r'x="([\d.]+)%" y="6" width="([\d.]+)%"', text):
            assert 0 <= float(at) <= 99.5
            assert 0.5 <= float(width) <= 100
            assert float(at) + float(width) <= 100.02
