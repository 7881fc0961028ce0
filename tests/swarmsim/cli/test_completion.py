"""What shells are offered while somebody types: the protocol by which they ask, played in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_output import command
from served import Served, served, swarm

from swarmsim.serve.faults import VERBS_OF_FAULTS
from swarmsim.serve.place import DIRECTORY_VARIABLE

Offered = list[str]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("s"), swarm(1, 2)) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def in_an_empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))


def offered(line: str) -> Offered:
    """What bash is told of a line whose last word is being typed."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("_SWARMSIM_COMPLETE", "complete_bash")
        environment.setenv("COMP_WORDS", line)
        environment.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        ended = command()
    assert (ended.code, ended.err) == (0, "")
    return ended.out.split()


def test_commands_are_offered() -> None:
    assert offered("swarmsim sc") == ["scenarios", "schema"]
    assert offered("swarmsim machine re") == ["restart"]


def test_every_fault_is_offered_by_its_verb() -> None:
    assert {*VERBS_OF_FAULTS, "ls", "end"} == {*offered("swarmsim fault ")}


@pytest.mark.parametrize("name", ["run", "check", "serve"])
def test_files_of_scenarios_are_offered_and_where_there_may_be_more(name: str, tmp_path: Path) -> None:
    for file in ("kill.yaml", "keep.yml", "kill.txt", ".hidden.yaml", "stories/kill-more.yaml", "stories/kill.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert offered(f"swarmsim {name} ") == ["keep.yml", "kill.yaml", "stories/"]
    assert offered(f"swarmsim {name} ki") == ["kill.yaml"]
    assert offered(f"swarmsim {name} .h") == [".hidden.yaml"]
    assert offered(f"swarmsim {name} stories/k") == ["stories/kill-more.yaml"]
    assert offered(f"swarmsim {name} {tmp_path}/ki") == [f"{tmp_path}/kill.yaml"]
    assert offered(f"swarmsim {name} nowhere/k") == []


def test_profiles_of_the_fuzzer_are_offered() -> None:
    assert offered("swarmsim fuzz --profile w") == ["wan"]
    assert "everything" in offered("swarmsim fuzz --profile ")


def test_hosts_that_are_served_are_offered(cluster: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(cluster.places["m1"].socket.parent))
    assert offered("swarmsim machine stop ") == ["m1", "w1", "w2"]
    assert offered("swarmsim machine env w") == ["w1", "w2"]
    assert offered("swarmsim fault kill w") == ["w1", "w2", "workers"]
    assert offered("swarmsim fault partition m1,w") == ["m1,w1", "m1,w2", "m1,workers"]


def test_a_cluster_is_asked_where_the_line_says(cluster: Served) -> None:
    assert offered(f"swarmsim machine ip --socket-dir {cluster.places['m1'].socket.parent} m") == ["m1"]


def test_faults_that_hold_are_offered_by_their_numbers(cluster: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(cluster.places["m1"].socket.parent))
    number = command("fault", "isolate", "w1").out.split("fault end ")[1].split()[0]
    assert offered("swarmsim fault end ") == ["all", number]
    command("fault", "end", "all")


def test_where_nothing_is_served_there_are_no_hosts_to_offer() -> None:
    assert offered("swarmsim machine stop ") == []
    assert offered("swarmsim fault kill le") == ["leader"]
    assert offered("swarmsim fault end ") == []
