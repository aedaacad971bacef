"""The benchmark of schedules takes any folder of traces, and the documents state what the benchmarks measured."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = (ROOT / "benchmarks/RESULTS.md").read_text(encoding="utf-8")

ODD = """\
source,series,sequence,started_at,duration_s,outcome
here,one run,0,2025-01-01T00:00:00Z,300,passed

here,seven,0,2025-01-01T00:00:00Z,290,passed
here,seven,1,2025-01-01T01:00:00Z,310,passed
here,seven,2,2025-01-01T02:00:00Z,295.5,passed
here,seven,3,2025-01-02 03:00:00+01:00,305,FAILED
here,seven,4,2025-01-01T04:00:00Z,50,failed
here,seven,5,2025-01-03T04:00:00Z,300,passed
here,seven,6,2025-01-04T04:00:00Z,300,unknown
,,,,,
here,seven,7,,300,passed
here,seven,8,2025-01-05T00:00:00Z,nan,passed
here,seven,9
"""


def play(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks/schedules"), "--jobs=1", "--sample=1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_odd_folder_prints_the_tables(tmp_path: Path) -> None:
    """Short series, blank lines, cells that are missing and other files stop nothing; what is left out is named."""
    (tmp_path / "odd.csv").write_text(ODD, encoding="utf-8-sig")
    (tmp_path / "notes.csv").write_text("name,value\na,b\n", encoding="utf-8")
    (tmp_path / "empty.csv").touch()
    done = play(str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "8 runs in 2 series" in done.stdout
    assert "### Validation half" in done.stdout
    assert "### Training half" not in done.stdout  # no constant was chosen on these
    assert "| planning the next poll | 1 ms |" in done.stdout
    assert "left out: odd.csv: 3 rows without a start or a positive duration" in done.stderr
    assert "left out: notes.csv: no column duration_s" in done.stderr
    assert "left out: empty.csv" in done.stderr


def test_a_folder_without_runs_is_an_error(tmp_path: Path) -> None:
    """A folder that is not there, or holds no run, is not taken for one without a folder."""
    for folder in (tmp_path, tmp_path / "missing"):
        done = play(str(folder))
        assert done.returncode == 2
        assert "no CSV file with runs" in done.stderr


def cells(start: str, part: str) -> list[str]:
    """Return the cells of the first row that starts so."""
    row = next(line for line in part.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def section(title: str) -> str:
    """Return what stands below a title, up to the next title of the same or a higher level."""
    level = title.partition(" ")[0]
    return re.split(rf"^#{{1,{len(level)}}} ", RESULTS.partition(f"\n{title}\n")[2], flags=re.MULTILINE)[0]


def words(name: str) -> str:
    """Return a document with single blanks."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def date(part: str) -> str:
    found = re.search(r"^\d{4}-\d\d-\d\d(?=, Python )", part, flags=re.MULTILINE)
    assert found
    return found[0]


def test_readme_states_what_the_learned_schedule_did() -> None:
    """README's sentences on the learned schedule are the validation half's figures, with their date."""
    _, series, fewer, delay, early, worst, _ = cells("all", section("### Validation half"))
    text = words("README.md")
    assert f"Replayed over {series} series of real runs that were not used to choose its constants" in text
    saved, sooner = float(fewer.rstrip("%")), 100 * (1 - float(delay))
    assert f"{saved:.0f}% fewer requests, and the delay until it saw the end was {sooner:.0f}% shorter" in text
    late, early_late = (100 * (float(each.split()[0]) - 1) for each in (worst, early))
    assert f"the delay was {late:.0f}% longer, and for runs that fail early {early_late:.0f}% longer" in text
    assert f"Measured on {date(section('## Schedules'))}; see" in text


def test_readme_states_what_speed_was_measured() -> None:
    """README's figures of start-up and scale are the measured ones."""
    _, _, ours, ratio = cells("ten lines of requests", section("## Start-up"))
    text = words("README.md")
    assert f"takes {ours}, {ratio} times as long as ten lines of `requests`" in text
    memory = cells("10,000", section("## Scale"))[5]
    assert f"with a peak memory of {memory} and" in text
    assert f"Measured on {date(section('## Start-up'))} with Python" in text


def test_the_documents_curve_is_the_measured_one() -> None:
    """The table of `--learned-delay` is the validation half's."""
    table = section("#### How late it may be, validation half").strip()
    assert table.startswith("| `--learned-delay` |")
    assert table in (ROOT / "docs/how-it-decides.md").read_text(encoding="utf-8")


def test_what_is_promised_was_measured() -> None:
    """Each bar that the learned schedule is held to was held."""
    rows = [line for line in section("### Validation half").splitlines() if line.endswith(("| yes |", "| **no** |"))]
    assert len(rows) == 15
    assert [row for row in rows if not row.endswith("| yes |")] == []
