"""Commands run beside a container's own: what they print, how they end, and when."""

from typing import Any

import pytest
from simulated import order, run_task, scripted_world, task

from core.effects import PrepareTask, StartTask, StopTask
from core.ids import ConfigId, NetworkId, OperationId, SecretId, TaskId
from core.objects.config import Config, ConfigSpec
from core.objects.secret import Secret, SecretSpec
from core.objects.task import ConfigReference, FileTarget, SecretReference
from core.timing import MS, SECOND
from sim.container_log import Stream
from sim.programs.programs import KEPT_BYTES, Finished, NotRunning
from sim.world import World

WEB = TaskId("web.1")
SECRET = Secret(SecretId("s"), SecretSpec("key", b"\x00secret\n"))
CONFIG = Config(ConfigId("c"), ConfigSpec("site", b"one\ntwo\n"))
SPEC: dict[str, Any] = {
    "env": ("COLOUR=green", "EMPTY=", "URL=a=b"),
    "hosts": ("192.0.2.7 printer printer.local", ""),
    "dns_search": ("example.org",),
    "dns_options": ("timeout:2",),
    "secrets": (SecretReference(SECRET.id, "key", FileTarget("key")),),
    "configs": (ConfigReference(CONFIG.id, "site", FileTarget("/srv/conf/site")),),
}


class Box:
    """One container that runs, and what commands in it come to."""

    def __init__(self, **spec: Any) -> None:
        self.world: World = scripted_world("m1")
        wanted = task("web.1", addresses={"back": "10.0.1.10/24", "front": "10.0.2.10/24"}, **{**SPEC, **spec})
        order(self.world, "m1", PrepareTask(OperationId(1), wanted, (SECRET,), (CONFIG,)))
        order(self.world, "m1", StartTask(OperationId(2), WEB))
        self.world.run_for(SECOND)
        [self.container] = self.world.containers("m1")
        self.finished: list[Finished] = []

    def begin(self, *argv: str, variables: tuple[str, ...] = ()) -> None:
        self.world.exec_in("m1", self.container, argv, self.finished.append, variables=variables)

    def run(self, *argv: str, variables: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of what ends within the hour."""
        self.finished.clear()
        self.begin(*argv, variables=variables)
        self.world.run_for(3600 * SECOND)
        [finished] = self.finished
        return finished.exit_code, finished.stdout.decode(), finished.stderr.decode()


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (("true",), (0, "", "")),
        (("false",), (1, "", "")),
        (("echo", "a", " b"), (0, "a  b\n", "")),
        (("echo", "-n", "a"), (0, "a", "")),
        (("cat", "/run/secrets/key"), (0, "\x00secret\n", "")),
        (("cat", "/srv/conf/site", "/etc/../srv/conf/site"), (0, "one\ntwo\none\ntwo\n", "")),
        (("cat", "/x"), (1, "", "cat: can't open '/x': No such file or directory\n")),
        (("cat", "/x", "/etc/hostname"), (1, "box\n", "cat: can't open '/x': No such file or directory\n")),
        (("cat", "/etc"), (1, "", "cat: read error: Is a directory\n")),
        (("ls", "/run/secrets"), (0, "key\n", "")),
        (("ls", "-1", "/srv", "/etc"), (0, "/srv:\nconf\n/etc:\nhostname\nhosts\nresolv.conf\n", "")),
        (("ls", "/etc/hosts"), (0, "/etc/hosts\n", "")),
        (("ls", "/srv/x"), (1, "", "ls: /srv/x: No such file or directory\n")),
        (("printenv", "COLOUR"), (0, "green\n", "")),
        (("printenv", "NOTHING"), (1, "", "")),
        (("hostname",), (0, "box\n", "")),
        (("hostname", "-i"), (0, "10.0.1.10 10.0.2.10\n", "")),
        (("tail", "-n", "5", "/srv/conf/site"), (0, "one\ntwo\n", "")),
        (("tail", "-f", "/x"), (1, "", "tail: can't open '/x': No such file or directory\n")),
        (("exit", "²"), (0, "", "")),
        (("echo", "\ud800"), (0, "?\n", "")),
        (("sh", "-c", "cat /x || echo $COLOUR; exit 5"), (5, "green\n", None)),
    ],
)
def test_a_command_prints_and_ends(argv: tuple[str, ...], wanted: tuple[int, str, str | None]) -> None:
    code, out, err = Box(hostname="box").run(*argv)
    assert (code, out) == wanted[:2]
    assert wanted[2] is None or err == wanted[2]


def test_a_long_listing_has_sizes() -> None:
    [line] = Box().run("ls", "-l", "/srv/conf")[1].splitlines()
    assert line.startswith("-r--r--r--")
    assert line.split()[4:] == ["8", "Jan", "1", "00:00", "site"]
    assert Box().run("ls", "-l", "/srv")[1].startswith("drwxr-xr-x")


def test_a_relative_path_begins_in_the_working_directory() -> None:
    box = Box(dir="/srv")
    assert box.run("cat", "conf/site")[:2] == (0, "one\ntwo\n")
    assert box.run("ls")[:2] == (0, "conf\n")
    assert Box(dir="/opt/deep").run("sh", "-c", "ls; ls /opt")[:2] == (0, "deep\n")


def test_what_an_engine_writes_below_etc() -> None:
    box = Box()
    name = box.container.id[:12]
    assert box.run("cat", "/etc/hostname")[1] == f"{name}\n"
    hosts = [tuple(line.split()) for line in box.run("cat", "/etc/hosts")[1].splitlines()]
    assert ("127.0.0.1", "localhost") in hosts
    assert ("192.0.2.7", "printer", "printer.local") in hosts
    assert {("10.0.1.10", name), ("10.0.2.10", name)} <= set(hosts)
    assert box.run("cat", "/etc/resolv.conf")[1] == (
        "nameserver 127.0.0.11\nsearch example.org\noptions timeout:2 ndots:0\n"
    )
    assert "ndots:1\n" in Box(dns_options=("ndots:1",)).run("cat", "/etc/resolv.conf")[1]


def test_the_environment_is_the_spec_s_over_what_every_process_has() -> None:
    box = Box(hostname="box")
    code, out, _ = box.run("env", variables=("COLOUR=red", "MORE=1"))
    seen = dict(line.split("=", 1) for line in out.splitlines())
    assert code == 0
    assert seen.pop("PATH").endswith("/bin")
    assert seen == {"HOSTNAME": "box", "COLOUR": "red", "EMPTY": "", "URL": "a=b", "HOME": "/root", "MORE": "1"}
    assert box.run("sh", "-c", "echo $COLOUR")[1] == "green\n"
    assert Box(env=("HOME=/srv", "PATH=/x")).run("sh", "-c", "echo $HOME $PATH")[1] == "/srv /x\n"


def test_what_is_no_command_here_ends_with_127_and_says_what_is() -> None:
    for argv in (("psql", "-l"), ("sh", "-c", "true && psql")):
        code, _, err = Box().run(*argv)
        assert code == 127
        assert "cat, curl, echo" in err
    assert Box().run("sh", "-c", "psql || echo none")[:2] == (0, "none\n")


def test_shells_in_shells_come_to_an_end() -> None:
    endless = 'sh -c "$AGAIN"'
    code, _, err = Box(env=(f"AGAIN={endless}",)).run("sh", "-c", endless)
    assert code == 127
    assert "too many shells in each other" in err
    assert Box().run("sh", "-c", "exec " * 3000 + "exit 4")[0] == 4


def test_a_command_takes_its_time() -> None:
    box = Box()
    box.begin("sleep", "1.5")
    box.world.run_for(1499 * MS)
    assert box.finished == []
    box.world.run_for(1 * MS)
    assert box.finished == [Finished(0, b"", b"")]


def test_output_can_be_taken_as_it_comes() -> None:
    box = Box()
    seen: list[tuple[Stream, bytes]] = []

    def write(stream: Stream, data: bytes) -> None:
        seen.append((stream, data))

    argv = ("sh", "-c", "echo a; sleep 1; cat /x")
    box.world.exec_in("m1", box.container, argv, box.finished.append, write=write)
    assert seen == [(Stream.STDOUT, b"a\n")]
    box.world.run_for(2 * SECOND)
    assert seen[1][0] is Stream.STDERR
    assert box.finished == [Finished(1, b"", b"")]


def test_no_more_output_is_kept_than_anybody_wants() -> None:
    box = Box()
    process = box.world.exec_in(
        "m1", box.container, ("sh", "-c", f"while true; do echo {'x' * 100_000}; done"), box.finished.append
    )
    box.world.run_for(SECOND)
    process.kill(130)
    box.world.run_for(SECOND)
    [finished] = box.finished
    assert (finished.exit_code, len(finished.stdout)) == (130, KEPT_BYTES)


def test_it_ends_with_its_container() -> None:
    box = Box()
    box.begin("sleep", "100")
    order(box.world, "m1", StopTask(OperationId(3), WEB, SECOND))
    box.world.run_for(SECOND)
    assert box.finished == [Finished(137, b"", b"")]
    box.world.run_for(200 * SECOND)
    assert len(box.finished) == 1


def test_nothing_is_run_in_a_container_that_does_not_run() -> None:
    box = Box()
    box.world.kill("m1")
    with pytest.raises(NotRunning, match=r"web\.1 is not running: start it"):
        box.begin("true")


def test_secrets_are_gone_after_a_loss_of_power_and_files_of_one_container_are_not_another_s() -> None:
    box = Box()
    run_task(box.world, "m1", task("web.2"))
    other = next(each for each in box.world.containers("m1") if each.task_id == "web.2")
    box.world.exec_in("m1", other, ("cat", "/run/secrets/key"), box.finished.append)
    box.world.run_for(SECOND)
    assert box.finished[0].exit_code == 1
    box.world.kill("m1")
    assert "/run/secrets/key" not in box.container.files
    assert "/srv/conf/site" in box.container.files


def test_a_container_without_networks_has_no_address_but_its_own_loopback() -> None:
    world = scripted_world("m1")
    run_task(world, "m1", task("lone.1"))
    [container] = world.containers("m1")
    finished: list[Finished] = []
    world.exec_in("m1", container, ("hostname", "-i"), finished.append)
    world.exec_in("m1", container, ("nslookup", "web"), finished.append)
    world.run_for(SECOND)
    assert [each.exit_code for each in finished] == [0, 1]
    assert container.addresses.get(NetworkId("back")) is None
    assert finished[0].stdout == b"127.0.0.1\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("pipe",), "pipe: not found: a simulated container understands "),
        (("sh", "-c", "echo a | cat"), "sh: '|' is not understood: a simulated shell reads "),
    ],
)
def test_what_it_cannot_run_is_said_once(argv: tuple[str, ...], said: str) -> None:
    code, out, err = Box().run(*argv)
    assert (code, out, err.count("understands") + err.count("reads")) == (127, "", 1)
    assert err.startswith(said)
