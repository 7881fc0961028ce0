"""The client of a cluster's own socket: what it is told, refused, and what it makes of a server that goes."""

from pathlib import Path

import pytest
from served import served, swarm

from swarmsim.serve.client import ControlClient, NotServedError, RefusalError
from swarmsim.serve.machines import Machine
from swarmsim.serve.picture import Picture


def test_what_is_asked_is_answered_refused_or_nobody_is_there(tmp_path: Path) -> None:
    client = ControlClient(tmp_path)
    with pytest.raises(NotServedError, match="start one with 'swarmsim serve'"):
        client.ask("GET", "/machines", list[Machine])
    with served(tmp_path, swarm(1)):
        assert [machine.name for machine in client.ask("GET", "/machines", list[Machine])] == ["m1"]
        with pytest.raises(RefusalError, match="there is no machine 'm7'"):
            client.ask("POST", "/machines/m7/stop", Machine)
        with pytest.raises(RefusalError):
            client.ask("GET", "/nothing-of-the-kind", list[Machine])
        with pytest.raises(RefusalError, match="Expected `object`"):
            client.ask("POST", "/faults", Machine, ["kill", "m1"])
    with pytest.raises(NotServedError):
        client.ask("GET", "/machines", list[Machine])


def test_pictures_come_until_the_server_goes(tmp_path: Path) -> None:
    with served(tmp_path, swarm(1)):
        pictures = ControlClient(tmp_path).follow("/pictures", Picture)
        first, second = next(pictures), next(pictures)
        assert [host.machine.name for host in first.hosts] == ["m1"]
        assert second.now_ns >= first.now_ns
    assert len(list(pictures)) < 10


def test_who_looks_on_keeps_no_server_from_ending(tmp_path: Path) -> None:
    with served(tmp_path, swarm(1)):
        pictures = ControlClient(tmp_path).follow("/pictures", Picture)
        next(pictures)
    pictures.close()
