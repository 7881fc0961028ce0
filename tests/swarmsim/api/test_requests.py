"""Requests of a bad form, each answered by the same host; a genuine engine is asked the like in tests/parity/."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from served import bare, served, swarm
from unix_http import UnixHttp

SPEED = 50.0
TOKEN = "SWMTKN-1-2blz2kdxguy6hf28t6i1ovdrekf8p0tsbtsvj75ssfcrjhfk8j-5as4tabpdr8pa64zl733ok1lw"


def asked(host: UnixHttp, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = host.send(method, path, None if body is None else json.dumps(body).encode())
    return answer.status, json.loads(answer.body) if answer.body else None


@pytest.fixture(scope="module")
def manager() -> Iterator[UnixHttp]:
    with TemporaryDirectory() as folder, served(Path(folder), swarm(1), speed=SPEED) as cluster:
        yield UnixHttp(cluster.places["m1"].socket)


@pytest.mark.parametrize(
    "version", ["", "?version=", "?version=x", "?version=-1", "?version=1.5", "?version=" + "9" * 20]
)
def test_a_version_is_a_whole_number(manager: UnixHttp, version: str) -> None:
    status, body = asked(manager, "POST", f"/secrets/any/update{version}", {"Name": "any"})
    assert (status, body["message"].startswith("invalid version")) == (400, True)


@pytest.mark.parametrize(("word", "status"), [("true", 200), ("1", 200), ("F", 200), ("", 200), ("perhaps", 400)])
def test_what_is_rotated_is_said_in_words_for_truth(manager: UnixHttp, word: str, status: int) -> None:
    _, before = asked(manager, "GET", "/swarm")
    target = f"/swarm/update?version={before['Version']['Index']}&rotateWorkerToken={word}"
    assert asked(manager, "POST", target, before["Spec"])[0] == status
    _, after = asked(manager, "GET", "/swarm")
    rotated = before["JoinTokens"]["Worker"] != after["JoinTokens"]["Worker"]
    assert rotated is (word in ("true", "1"))


@pytest.mark.parametrize("asked_for", [{"ForceRotate": 1}, {"SigningCACert": "PEM"}, {"signingcakey": "PEM"}])
def test_nobody_is_told_that_certificates_were_rotated(manager: UnixHttp, asked_for: dict[str, Any]) -> None:
    _, before = asked(manager, "GET", "/swarm")
    target = f"/swarm/update?version={before['Version']['Index']}"
    spec = before["Spec"] | {"CAConfig": asked_for}
    assert asked(manager, "POST", target, spec) == (501, {"message": "there is no certificate authority here"})
    assert asked(manager, "GET", "/swarm") == (200, before)


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1.50/nothing"), ("PATCH", "/nodes")])
def test_what_there_is_not_is_named(manager: UnixHttp, method: str, path: str) -> None:
    assert asked(manager, method, path) == (404, {"message": f"page not found: there is no {method} {path} here"})


@pytest.mark.parametrize(
    ("spec", "missing"), [({"Role": "manager"}, "Availability"), ({"availability": "drain"}, "Role")]
)
def test_a_nodes_role_and_availability_are_always_said(manager: UnixHttp, spec: dict[str, str], missing: str) -> None:
    _, (node,) = asked(manager, "GET", "/nodes")
    target = f"/nodes/{node['ID']}/update?version={node['Version']['Index']}"
    assert asked(manager, "POST", target, spec) == (400, {"message": f'invalid {missing}: ""'})


def test_credentials_come_from_one_of_two_specs(manager: UnixHttp) -> None:
    status, body = asked(manager, "POST", "/services/any/update?version=1&registryAuthFrom=nowhere", {"Name": "any"})
    assert (status, body["message"]) == (400, "unsupported registryAuthFrom value: 'nowhere'")


def test_only_a_network_that_is_inspected_tells_its_peers(manager: UnixHttp) -> None:
    _, networks = asked(manager, "GET", '/networks?filters={"driver":["overlay"]}')
    assert [(network["Name"], "Peers" in network) for network in networks] == [("ingress", False)]
    assert asked(manager, "GET", "/networks/ingress")[1]["Peers"] == [{"Name": "m1", "IP": "198.18.0.1"}]


def test_a_host_in_no_swarm_knows_no_network_to_remove(tmp_path: Path) -> None:
    with served(tmp_path, bare(1), speed=SPEED) as cluster:
        host = UnixHttp(cluster.places["m1"].socket)
        assert asked(host, "DELETE", "/networks/back") == (404, {"message": "network back not found"})


@pytest.mark.parametrize(
    "request_line", ["POST /auth", "POST /v1.41/images/a/b/tag?repo=c", "POST /networks/ingress/connect", "POST /build"]
)
def test_what_simulated_hosts_cannot_do_is_refused_in_words(manager: UnixHttp, request_line: str) -> None:
    method, target = request_line.split()
    told = f"{method} {target.partition('?')[0]}: simulated hosts cannot do that"
    assert asked(manager, method, target, {}) == (501, {"message": told})


def test_there_are_no_plugins(manager: UnixHttp) -> None:
    assert asked(manager, "GET", "/plugins") == (200, [])


def test_joining_where_nobody_answers_is_given_up(tmp_path: Path) -> None:
    with served(tmp_path, bare(1)) as cluster:
        host = UnixHttp(cluster.places["m1"].socket)
        body = {"ListenAddr": "0.0.0.0:2377", "RemoteAddrs": ["198.18.0.77:2377"], "JoinToken": TOKEN}
        status, refused = asked(host, "POST", "/swarm/join", body)
        assert (status, "no manager answered in time" in refused["message"]) == (503, True)
        assert asked(host, "GET", "/info")[1]["Swarm"]["LocalNodeState"] == "inactive"
