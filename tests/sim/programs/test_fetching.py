"""`curl`, `wget` and `nslookup` go by the tables that the container's own machine has programmed."""

from typing import Any

import pytest
from hand_made_mesh import BACK, CACHED_WEB, IMAGES, Mesh, backend, neighbour, service
from simulated import run_task, task

from core.ids import TaskId
from core.objects.service import EndpointMode
from core.timing import MS, SECOND
from core.trials import faults
from sim.container import TaskContainer
from sim.images import Image
from sim.programs.programs import Finished


class Caller:
    """The container of `web` on m2, from which `cache` on m3 can be called at 10.0.1.6, port 6379."""

    def __init__(self, images: tuple[Image, ...] = IMAGES, keeps_logs: bool = False) -> None:
        self.mesh = Mesh(images, keeps_logs)
        self.finished: list[tuple[int, Finished]] = []

    @property
    def container(self) -> TaskContainer:
        container = self.mesh.world.machine("m2").engine.tasks.container(TaskId("web.1"))
        assert container is not None
        return container

    def begin(self, line: str) -> None:
        began_at = self.mesh.world.now

        def finished(what: Finished) -> None:
            self.finished.append((self.mesh.world.now - began_at, what))

        self.mesh.world.exec_in("m2", self.container, line.split(), finished)

    def run(self, line: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        self.finished.clear()
        self.begin(line)
        self.mesh.world.run_for(200 * SECOND)
        [(_, finished)] = self.finished
        return finished.exit_code, finished.stdout.decode(), finished.stderr.decode()

    def cache(self) -> TaskContainer:
        container = self.mesh.world.machine("m3").engine.tasks.container(TaskId("cache.1"))
        assert container is not None
        return container


def resolved(name: str, *addresses: str) -> str:
    """How a name is answered."""
    found = "".join(f"Name:\t{name}\nAddress: {address}\n" for address in addresses)
    return f"Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\nNon-authoritative answer:\n{found}\n"


def test_a_service_s_name_is_its_virtual_address_and_its_tasks_are_theirs() -> None:
    caller = Caller()
    assert caller.run("nslookup cache") == (0, resolved("cache", "10.0.1.6"), "")
    assert caller.run("nslookup tasks.cache") == (0, resolved("tasks.cache", "10.0.1.20"), "")
    caller.mesh.change("m2", backend(BACK, "cache", "m3", "10.0.1.21"))
    assert caller.run("nslookup tasks.cache")[1] == resolved("tasks.cache", "10.0.1.20", "10.0.1.21")


def test_without_a_virtual_address_its_name_is_its_tasks() -> None:
    caller = Caller()
    caller.mesh.change("m2", service(BACK, "cache", "", mode=EndpointMode.DNSRR))
    assert caller.run("nslookup cache") == (0, resolved("cache", "10.0.1.20"), "")


def test_a_name_that_this_machine_s_tables_or_the_container_s_networks_do_not_have_is_none() -> None:
    caller = Caller()
    code, out, _ = caller.run("nslookup lonely")
    assert code == 1
    assert "** server can't find lonely: NXDOMAIN" in out
    caller.mesh.change("m2", removed=(service(BACK, "cache", "10.0.1.6"),))
    assert caller.run("nslookup cache")[0] == 1


@pytest.mark.parametrize(
    "line",
    [
        "curl -s http://cache:6379/",
        "curl cache:6379",
        "curl -fsSL -m 5 http://tasks.cache:6379/path?x=1",
        "curl --silent --max-time=5 http://10.0.1.6:6379",
        "curl http://10.0.1.20:6379",
        "wget -qO- http://cache:6379",
        "wget -q -O - cache:6379/path",
        "wget -q --output-document=- http://cache:6379",
    ],
)
def test_the_container_that_answers_says_who_it_is(line: str) -> None:
    caller = Caller()
    hostname = caller.cache().id[:12]
    said = f"Name: cache.1\nHostname: {hostname}\nAddress: 10.0.1.20\nHost: m3\n"
    assert caller.run(line) == (0, said, "")
    assert caller.cache().served_count == 1


def test_backends_take_turns() -> None:
    caller = Caller()
    run_task(caller.mesh.world, "m1", task("cache.2", image="cache", addresses={BACK: "10.0.1.21/24"}))
    caller.mesh.change("m2", backend(BACK, "cache", "m1", "10.0.1.21"), neighbour(BACK, "10.0.1.21", "m1"))
    hosts = [caller.run("curl cache:6379")[1].rpartition(" ")[2].strip() for _ in range(4)]
    assert sorted(hosts) == ["m1", "m1", "m3", "m3"]


CRASHED = faults.CrashTask((TaskId("cache.1"),))


@pytest.mark.parametrize(
    ("line", "code", "err"),
    [
        ("curl http://nobody/", 6, "curl: (6) Could not resolve host: nobody"),
        ("curl http://lonely/", 6, "curl: (6) Could not resolve host: lonely"),
        ("curl cache:1", 7, "curl: (7) Failed to connect to cache port 1 after 0 ms: Connection refused"),
        ("curl http://10.0.9.9", 7, "curl: (7) Failed to connect to 10.0.9.9 port 80 after 0 ms: No route to host"),
        ("curl -s http://nobody/", 6, ""),
        ("curl -sS http://nobody/", 6, "curl: (6) Could not resolve host: nobody"),
        ("curl ftp://cache", 3, "curl: (3) URL using bad/illegal format or missing URL"),
        ("curl", 2, "curl: (2) no URL specified"),
        ("curl --frobnicate cache", 2, "curl: option --frobnicate: is unknown"),
        ("curl -m", 2, "curl: option -m: requires parameter"),
        ("curl -m soon cache", 2, "curl: expected a proper numerical parameter: soon"),
        ("wget -qO- nobody", 1, "wget: bad address 'nobody'"),
        ("wget -qO- cache:1", 1, "wget: can't connect to remote host (10.0.1.6): Connection refused"),
        ("wget -x cache", 1, "wget: option -x: is unknown"),
    ],
)
def test_a_request_that_fails_at_once_says_how(line: str, code: int, err: str) -> None:
    assert Caller().run(line) == (code, "", f"{err}\n" if err else "")


@pytest.mark.parametrize(
    ("line", "limit_ns", "code"),
    [
        ("curl -m 3 cache:6379", 3 * SECOND, 28),
        ("curl --connect-timeout 0.5 cache:6379", 500 * MS, 28),
        ("curl cache:6379", 127 * SECOND, 28),
        ("wget -T 2 -qO- cache:6379", 2 * SECOND, 1),
    ],
)
def test_silence_is_waited_for_to_the_limit(line: str, limit_ns: int, code: int) -> None:
    caller = Caller()
    caller.mesh.injector.start(CRASHED)
    assert caller.run(line)[::2] == (
        code,
        f"curl: (28) Operation timed out after {limit_ns // MS} milliseconds with 0 bytes received\n"
        if code == 28
        else "wget: download timed out\n",
    )
    assert caller.finished[0][0] == limit_ns


def test_a_process_that_ends_while_it_serves_resets_the_connection() -> None:
    slow = Image("cache", port=6379, service_ns=SECOND)
    for line, code, err in (
        ("curl cache:6379", 56, "curl: (56) Recv failure: Connection reset by peer\n"),
        ("wget -qO- cache:6379", 1, "wget: error getting response: Connection reset by peer\n"),
    ):
        caller = Caller((CACHED_WEB, slow, IMAGES[2]))
        caller.begin(line)
        caller.mesh.world.run_for(100 * MS)
        caller.mesh.injector.start(CRASHED)
        caller.mesh.world.run_for(SECOND)
        [(_, finished)] = caller.finished
        assert (finished.exit_code, finished.stderr.decode()) == (code, err)


def test_an_answer_that_is_an_error_is_one_to_those_who_ask_for_that() -> None:
    caller = Caller()
    caller.mesh.injector.start(faults.Unhealthy((TaskId("cache.1"),)))
    assert caller.run("curl -s cache:6379") == (0, "Internal Server Error\n", "")
    assert caller.run("curl -f cache:6379") == (22, "", "curl: (22) The requested URL returned error: 500\n")
    assert caller.run("wget -qO- cache:6379") == (
        1,
        "",
        "wget: server returned error: HTTP/1.1 500 Internal Server Error\n",
    )


def test_the_status_can_be_written_and_the_page_left_out() -> None:
    caller = Caller()
    assert caller.run(r"curl -s -o /dev/null -w %{http_code}\n cache:6379") == (0, "200\n", "")
    assert caller.run("curl -s -w %{http_code} nobody") == (6, "000", "")


def test_wget_keeps_the_page_as_a_file() -> None:
    caller = Caller()
    code, out, err = caller.run("wget http://cache:6379/some/page")
    assert (code, out, err) == (0, "", "Connecting to cache:6379 (10.0.1.6:6379)\n")
    assert caller.run("cat /page")[1].startswith("Name: cache.1\n")
    assert caller.run("wget -q --spider cache:6379") == (0, "", "")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.1.10"])
def test_a_container_can_ask_itself_without_any_network(host: str) -> None:
    caller = Caller((Image("web", port=80), *IMAGES[1:]))
    caller.mesh.world.machine("m2").data_plane.power_lost()
    code, out, _ = caller.run(f"curl http://{host}")
    assert code == 0
    assert out.startswith("Name: web.1\n")
    assert caller.run(f"curl http://{host}:81")[0] == 7


def test_a_name_of_its_hosts_file_comes_before_the_swarm_s() -> None:
    caller = Caller()
    named = task("web.2", addresses={BACK: "10.0.1.30/24"}, hosts=("10.0.1.20 nobody",))
    run_task(caller.mesh.world, "m2", named)
    caller.mesh.change("m3", neighbour(BACK, "10.0.1.30", "m2"))
    container = caller.mesh.world.machine("m2").engine.tasks.container(named.id)
    assert container is not None
    finished: list[Finished] = []
    caller.mesh.world.exec_in("m2", container, ("curl", "nobody:6379"), finished.append)
    caller.mesh.world.run_for(SECOND)
    assert finished[0].stdout.startswith(b"Name: cache.1\n")


def logged(container: TaskContainer) -> list[str]:
    """What a container has written."""
    assert container.log is not None
    return [line.data.decode() for line in container.log.lines]


def test_a_server_notes_who_has_asked_for_what() -> None:
    caller = Caller(keeps_logs=True)
    caller.run("curl cache:6379/stock?of=pens")
    assert logged(caller.cache()) == ['10.0.1.3 "GET /stock?of=pens HTTP/1.1" 200']
    assert logged(caller.container) == []


@pytest.mark.parametrize("fault", [faults.Isolate(("m3",)), faults.Partition((("m2",), ("m3",)))])
def test_a_partition_is_in_the_way(fault: Any) -> None:
    caller = Caller()
    number = caller.mesh.injector.start(fault)
    assert caller.run("curl -m 2 cache:6379")[0] == 28
    caller.mesh.injector.end(number)
    assert caller.run("curl -m 2 cache:6379")[0] == 0
