"""Reports of runs: where they are written (`--out`), and what is refused before anything is played."""

import json
from pathlib import Path

import pytest
from command_line import DOES_NOT, Command, small

from swarmsim.cli import directories


def test_a_report_is_written_where_asked(swarmsim: Command) -> None:
    ended = swarmsim("run", small(), "--out", "here")
    assert sorted(file.name for file in Path("here").iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
        "run.json",
    ]
    assert ended.out.endswith("  report: here/report.html\n")


def test_each_of_several_scenarios_gets_a_report_of_its_own(swarmsim: Command) -> None:
    Path("other.yaml").write_text(Path(small()).read_text())
    swarmsim("run", "small.yaml", "other.yaml", "--out", "here")
    assert Path("here/small/report.json").exists()
    assert Path("here/other/report.json").exists()


def test_a_report_is_the_same_for_any_number_of_jobs(swarmsim: Command) -> None:
    swarmsim("run", small(), "--seeds", "1..2", "--out", "one", "--jobs", "1")
    swarmsim("run", small(), "--seeds", "1..2", "--out", "two", "--jobs", "2")
    assert Path("one/report.json").read_bytes() == Path("two/report.json").read_bytes()


def test_several_files_over_several_processes_give_the_same_reports_in_the_same_order(swarmsim: Command) -> None:
    Path("other.yaml").write_text(Path(small(DOES_NOT)).read_text().replace("name: Small", "name: Other"))
    small()
    for seeds in (["--seed", "1"], ["--seeds", "1..2"]):
        ended = [
            swarmsim("run", "other.yaml", "small.yaml", *seeds, "--out", out, "--jobs", jobs)
            for out, jobs in (("one", "1"), ("two", "2"))
        ]
        assert ended[0].out.replace("one/", "two/") == ended[1].out
        assert [each.code for each in ended] == [1, 1]
        for name in ("small", "other"):
            assert Path(f"one/{name}/report.json").read_bytes() == Path(f"two/{name}/report.json").read_bytes()
            assert json.loads(Path(f"two/{name}/run.json").read_text())["cpu_s"] > 0


@pytest.mark.parametrize("command", [("run", "small.yaml"), ("fuzz", "--seeds", "1..1")])
@pytest.mark.parametrize("out", ["small.yaml", "small.yaml/deeper"])
def test_a_report_that_cannot_be_written_is_noticed_before_anything_is_played(
    swarmsim: Command, command: tuple[str, ...], out: str
) -> None:
    small()
    ended = swarmsim(*command, "--out", out)
    assert (ended.code, ended.out) == (2, "")
    assert "Invalid value for --out: small.yaml is not a directory; name another one" in ended.err


def test_a_directory_that_cannot_be_made_is_noticed_before_anything_is_played(
    swarmsim: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*, dir: Path) -> None:  # noqa: A002 - as the real one calls it
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(directories, "TemporaryDirectory", refuse)
    ended = swarmsim("run", small(), "--out", "a/b")
    assert (ended.code, ended.out) == (2, "")
    assert "--out: nothing can be written to . (Permission denied); name a directory where you may" in ended.err
    assert "Errno" not in ended.err


def test_reports_of_files_with_the_same_name_are_refused_before_anything_is_played(swarmsim: Command) -> None:
    for folder in ("one", "two"):
        Path(folder).mkdir()
        Path(small()).rename(f"{folder}/loss.yaml")
    ended = swarmsim("run", "one/loss.yaml", "two/loss.yaml", "--out", "here")
    assert (ended.code, ended.out) == (2, "")
    assert "the reports of one/loss.yaml and two/loss.yaml would both lie in here/loss" in ended.err
    assert not Path("here").exists()
    assert swarmsim("run", "one/loss.yaml", "two/loss.yaml").code == 0, "without a report nothing is lost"


def test_a_report_of_a_file_named_twice_is_refused(swarmsim: Command) -> None:
    ended = swarmsim("run", small(), "small.yaml", "--out", "here")
    assert (ended.code, ended.out) == (2, "")
    assert "small.yaml is named twice" in ended.err
