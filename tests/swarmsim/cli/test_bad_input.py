"""Bad input of every kind: one clear error, exit code 2, nothing played, never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Command

from swarmsim import compose_files

GOOD = "name: x\ncluster: {managers: 1}\nend: 1s\n"
DIGITS = "9" * 5000
HEX = "0x" + "f" * 5000
OCTAL = "0" + "7" * 5000

Refused = Callable[..., str]


@pytest.fixture
def refused(swarmsim: Command) -> Refused:
    """What a command that must refuse its input says, beside a good scenario and a folder."""
    Path("good.yaml").write_text(GOOD)
    Path("folder").mkdir()

    def run(*arguments: str) -> str:
        code, out, err = swarmsim(*arguments)
        assert (code, out) == (2, "")
        return err

    return run


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x93\xfe\x00\x01", "is not UTF-8 text"),
        (b"name: x\n\tcluster: {managers: 1}\n", "odd.yaml:2: not YAML: found character '\\t'"),
        (b"name: x\nname: y\ncluster: {managers: 1}\n", "odd.yaml:2: key 'name' is written twice"),
        (b"[" * 5000 + b"]" * 5000, "lists and mappings lie too deep in each other"),
        (b'name: "a\\0b"\ncluster: {managers: 1}\n', "odd.yaml:1: text with the character '\\x00'"),
        (b'name: "\\ud800"\ncluster: {managers: 1}\n', "odd.yaml:1: text with the character '\\ud800'"),
        (b"name: x\ncluster: {managers: -3}\n", "-3 is too small; the least is 1"),
        (
            f"name: x\ncluster: {{managers: {DIGITS}}}\n".encode(),
            "…' is too large for a whole number; in quotes it is text",
        ),
        (f"name: x\ncluster: {{managers: {HEX}}}\n".encode(), "odd.yaml:2: '0xffff"),
        (f"name: x\ncluster: {{managers: {OCTAL}}}\n".encode(), "odd.yaml:2: '0777"),
        (b"name: x\ncluster: {managers: 0xffffffffffffffff}\n", "18446744073709551615 is too large; the most is"),
        (b"name: x\ncluster: {managers: 0x10000000000000000}\n", "'0x10000000000000000' is too large for a whole"),
        (f"name: x\n{HEX[:100]}: 1\n".encode(), "odd.yaml:2: '0xffff"),
        (f"{GOOD}timeline: [{{at: {DIGITS}s, kill: leader}}]\n".encode(), "is not a duration"),
        (f"{GOOD}writers: [{{name: w, rate: 3000000000/s}}]\n".encode(), "is too large; the most is 1000000/s"),
        (
            f"{GOOD}writers: [{{name: w, rate: 1/s, reads: 60000001/m}}]\n".encode(),
            "is too large; the most is 1000000/s",
        ),
        (GOOD.replace("1s", "99999999999h").encode(), "end: '99999999999h' is not a duration"),
        (f"{GOOD}deploy: [{{stack: {{name: x, file: folder}}}}]\n".encode(), "folder: cannot be read: Is a directory"),
        (f"{GOOD}deploy: [{{stack: {{name: x, file: no.yml}}}}]\n".encode(), "cannot read 'no.yml': No such file"),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_files(refused: Refused, command: str, content: bytes, message: str) -> None:
    Path("odd.yaml").write_bytes(content)
    assert message in refused(command, "odd.yaml")


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (f"ports: ['{DIGITS}:80']", "is not a port"),
        (f"restart: 'on-failure:{DIGITS}'", "is not possible here"),
        ("deploy: {replicas: 99999999999999999999}", "is too large"),
        *[
            (service, "stack.yml:4: '0xffff")
            for service in (
                f"deploy: {{replicas: {HEX}}}",
                f"deploy: {{resources: {{limits: {{cpus: {HEX}}}}}}}",
                f"environment: {{SIZE: {HEX}}}",
                f"labels: {{size: {HEX}}}",
            )
        ],
        (f"environment: {{SIZE: {OCTAL}}}", "is too large for a whole number; in quotes it is text"),
        ("deploy: {replicas: '${DIGITS}'}", "expected a whole number, not '9999"),
        ("deploy: {replicas: '${SIGNS}'}", "expected a whole number, not '-+3'"),
        ("deploy: {resources: {limits: {cpus: 9999999999999}}}", "is too large; the most is 1000000"),
        ("deploy: {resources: {limits: {memory: 999999999999g}}}", "is too large"),
        ("ports: ['1-65535:1-65535']", "the request is too large"),
        ("env_file: folder", "cannot read 'folder': Is a directory"),
    ],
)
def test_compose_files(refused: Refused, monkeypatch: pytest.MonkeyPatch, service: str, message: str) -> None:
    monkeypatch.setenv("DIGITS", DIGITS)
    monkeypatch.setenv("SIGNS", "-+3")
    Path("stack.yml").write_text(f"services:\n  web:\n    image: web\n    {service}\n")
    assert message in refused("check", "stack.yml")


def test_a_variable_of_bytes_that_are_no_text(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "\udcff")
    Path("stack.yml").write_text("services: {web: {image: web, hostname: '${TAG}', user: []}}")
    assert refused("check", "stack.yml") == ("stack.yml:1: services.web.user: expected text or a number, not a list\n")


def test_a_huge_file(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose_files, "MAX_FILE_CHARACTERS", len(GOOD) - 1)
    assert "good.yaml: is too large" in refused("check", "good.yaml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run", "Missing argument 'FILE...'"),
        ("run nowhere.yaml", "nowhere.yaml: cannot be read: No such file or directory"),
        ("run folder", "folder: cannot be read: Is a directory"),
        ("check folder", "folder: cannot be read: Is a directory"),
        ("check", "Missing argument 'FILE...'"),
        ("check - -", "standard input can be read once"),
        ("run - good.yaml -", "standard input can be read once"),
        ("run good.yaml --jobs 0", "greater than or equal to 1"),
        ("run good.yaml --seed -1", "greater than or equal to 0"),
        ("run good.yaml --seeds 5..2", "'5..2' ends before it begins; write it like 2..5"),
        ("run good.yaml --seeds -1..2", "'-1..2' is neither a seed nor a range"),
        ("run good.yaml --seeds=", "'' is neither a seed nor a range"),
        (f"run good.yaml --seeds 1..{DIGITS}", "is neither a seed nor a range"),
        ("run good.yaml --out -", "'-' is no place for several files; name a directory"),
        ("run good.yaml other.yaml --out -", "'-' is no place for several files; name a directory"),
        ("run good.yaml --out good.yaml", "good.yaml is not a directory"),
        ("run good.yaml --out /dev/null/x", "/dev/null is not a directory"),
        (f"run good.yaml --out {'x' * 300}", "(File name too long)"),
        ("scenarios nowhere", "nowhere: is not a directory"),
        ("scenarios good.yaml", "good.yaml: is not a directory"),
        ("scenarios folder", "folder: holds no scenario"),
        ("fuzz", "Missing option '--seeds'"),
        ("fuzz --seeds 3..1", "'3..1' ends before it begins"),
        ("fuzz --seeds 1 --profile rafft", "'rafft' is not a profile; did you mean 'raft'? There are raft, swarm"),
        ("fuzz --seeds 1 --jobs -1", "greater than or equal to 1"),
        ("fuzz --seeds 1 --out -", "'-' is no place for several files"),
        ("fuzz --seeds 1 --out good.yaml", "good.yaml is not a directory"),
    ],
)
def test_options(refused: Refused, arguments: str, message: str) -> None:
    assert message in refused(*arguments.split())
    assert sorted(map(str, Path().iterdir())) == ["folder", "good.yaml"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"# nothing else\n", "the file is empty"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"name: x\x00", "not YAML: unacceptable character #x0000"),
        (b"a: 1\n\tb: 2", "not YAML: found character '\\t' that cannot start any token"),
        (b"just text", "expected a scenario"),
        (b"&a [*a]", "the document refers to itself or is too large"),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_files_that_are_no_scenario_at_all(swarmsim: Command, command: str, content: bytes, message: str) -> None:
    Path("odd.yaml").write_bytes(content)
    ended = swarmsim(command, "odd.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1
