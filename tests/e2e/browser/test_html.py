"""The HTML report in a real browser: wide and narrow, light and dark, by keyboard, and with hostile content."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands import BRISK, TOKEN, clean_environment
from gate.simulator import Simulator, parse_scenario

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dai-gate-e2e" / "browser"
EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)>"><a href="javascript:alert(3)">[x](http://evil.example)'


def report(folder: Path, scenario: dict[str, Any], *arguments: str) -> Path:
    """Return the HTML report of a wait against a simulated server."""
    path = folder / "report.html"
    with Simulator(parse_scenario({"auth": {"tokens": [TOKEN]}, **scenario}, origin="test")) as server:
        command = [sys.executable, "-m", "gate", "wait", "--url", server.url, *BRISK, "--html", str(path), *arguments]
        subprocess.run(command, env=clean_environment(), check=False, timeout=60, capture_output=True)
    return path


def look(page: Path, folder: Path) -> list[dict[str, Any]]:
    """Return what Chromium saw of a page in its four guises."""
    script = Path(__file__).with_name("look.mjs")
    done = subprocess.run(
        ["node", str(script), str(CACHE), str(page), str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: list[dict[str, Any]] = json.loads(done.stdout)
    assert [(each["width"], each["colorScheme"]) for each in seen] == [
        (1280, "light"),
        (1280, "dark"),
        (390, "light"),
        (390, "dark"),
    ]
    return seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Give what was seen of a report with a pass, a failure, faults on the way and earlier runs."""
    folder = tmp_path_factory.mktemp("report")
    scenario = {
        "runs": [
            {"id": "a", "model": "Checkout", "duration": "2s", "agent": "Windows 11"},
            {"id": "b", "model": "Search", "duration": "1s", "outcome": "Failed"},
            {"id": "c", "model": "Sign-in", "duration": "never"},
        ],
        "history": [{"model": model, "durations": [1.8, 2.0, 2.2, 1.9, 2.1]} for model in ("Checkout", "Search")],
        "faults": [{"requests": "6-7", "status": 503}],
    }
    page = report(folder, scenario, "--timeout", "3s", "--results-url", "{url}/runs/{id}", "a", "b", "c")
    return look(page, folder)


def test_the_page_is_quiet_and_alone(seen: list[dict[str, Any]]) -> None:
    """There is no error on the console, no script, and no request but for the file itself."""
    for each in seen:
        assert (each["errors"], each["scripts"]) == ([], 0)
        assert [url for url in each["requests"] if not url.startswith("file://") or "report.html" not in url] == []


def test_the_accessibility_checker_finds_nothing(seen: list[dict[str, Any]]) -> None:
    """In each guise the checker has no finding, contrast included."""
    for each in seen:
        assert each["violations"] == []


def test_a_phone_needs_no_sideways_scrolling(seen: list[dict[str, Any]]) -> None:
    """The page is never wider than the window."""
    assert [each["overflow"] for each in seen] == [0, 0, 0, 0]


def test_links_are_reached_by_keyboard(seen: list[dict[str, Any]]) -> None:
    """The tab key leads to the links of the runs."""
    assert all("A" in each["focus"] for each in seen)


def test_plots_lie_above_their_axes(seen: list[dict[str, Any]]) -> None:
    """Bars, polls and axes begin and end at the same places, so that a time is read beneath what it belongs to."""
    for each in seen:
        left, right = each["edges"][0]
        assert len(each["edges"]) > 5
        assert all(abs(one - left) <= 1 and abs(other - right) <= 1 for one, other in each["edges"])


def test_forty_runs_fit_three_screens(tmp_path: Path) -> None:
    """Forty runs, ten of which did not pass, take no more than three screens, a line each, and six pages."""
    outcomes = ["Failed"] * 6 + ["Incomplete"] * 4 + ["Passed"] * 30
    runs = [
        {
            "id": f"{number:08}-c071-46b2-8918-924420e3f954",
            "model": f"Model {number}",
            "outcome": outcome,
            "duration": "9ms",
        }
        for number, outcome in enumerate(outcomes)
    ]
    page = report(tmp_path, {"runs": runs}, *(str(each["id"]) for each in runs))
    for each in look(page, tmp_path):
        assert each["violations"] == []
        assert each["width"] < 1280 or each["height"] <= 3 * 800
        assert each["width"] < 1280 or max(each["rows"]) <= 28
        assert each["pages"] <= 6


def test_a_long_name_hides_no_id(tmp_path: Path) -> None:
    """A name too long for its line is cut, also one from right to left; the id beside it is whole, in one line."""
    names = ["Checkout of the shop " * 8, "בדיקה של קופה " * 10, "Search", "Checkout of the shop " * 8]
    runs = [{"id": f"run-{number}", "model": name.strip(), "duration": "9ms"} for number, name in enumerate(names)]
    page = report(tmp_path, {"runs": runs}, *(str(each["id"]) for each in runs))
    for each in look(page, tmp_path):
        assert (each["cut"], each["overflow"], each["violations"]) == (0, 0, [])
        assert each["width"] < 1280 or max(each["rows"]) <= 28


def test_hostile_names_and_descriptions_do_nothing(tmp_path: Path) -> None:
    """Markup in a model's name, an agent and a server's description is text: no dialog, no script, no request."""
    raw = {"requests": "2-", "kind": "raw", "status": 403, "body": json.dumps({"message": EVIL, "description": EVIL})}
    scenario = {"runs": [{"id": "a", "model": EVIL, "agent": EVIL, "duration": "never"}], "faults": [raw]}
    page = report(tmp_path, scenario, "--suite-name", EVIL, "a")
    assert "alert(1)" in page.read_text(encoding="utf-8")
    for each in look(page, tmp_path):
        assert (each["errors"], each["scripts"]) == ([], 0)
        assert all("report.html" in url for url in each["requests"])
