"""Several Compose files as one."""

from typing import Any

import pytest

from core.compose.loader import load
from core.compose.merging import merge
from core.mistakes import DocumentError


def documents(path: str, *values: Any) -> list[Any]:
    """One document for each value, with that value at `path`."""
    for key in reversed(path.split(".")):
        values = tuple({key: value} for value in values)
    return list(values)


def merged(path: str, earlier: Any, later: Any) -> Any:
    found: Any = merge(*documents(path, earlier, later))
    for key in path.split("."):
        found = found[key]
    return found


@pytest.mark.parametrize(
    ("key", "earlier", "later", "result"),
    [
        ("image", "a:1", "a:2", "a:2"),
        ("image", "a:1", None, "a:1"),
        ("command", ["a", "b"], ["c"], ["c"]),
        ("environment", ["A=1", "B=2"], {"B": 3}, {"A": "1", "B": "3"}),
        ("labels", {"a": "1"}, ["b"], {"a": "1", "b": None}),
        ("ports", ["80:80", "90:90"], ["90:91", "91:91"], ["80:80", "90:91", "91:91"]),
        ("ports", ["53:53/udp"], ["53:53"], ["53:53/udp", "53:53"]),
        ("ports", ["80:80"], [{"target": 8080, "published": 80}], [{"target": 8080, "published": 80}]),
        ("volumes", ["a:/data", "b:/b"], ["c:/data:ro"], ["b:/b", "c:/data:ro"]),
        ("secrets", ["s", "t"], [{"source": "s", "mode": 256}], ["t", {"source": "s", "mode": 256}]),
        ("dns", ["1.1.1.1"], ["8.8.8.8"], ["1.1.1.1", "8.8.8.8"]),
        ("extra_hosts", {"a": "10.0.0.1"}, ["b:10.0.0.2"], ["a=10.0.0.1", "b:10.0.0.2"]),
        ("dns", "1.1.1.1", ["8.8.8.8"], ["1.1.1.1", "8.8.8.8"]),
        ("env_file", ["a.env"], "b.env", ["a.env", "b.env"]),
        ("networks", ["a"], {"b": {"aliases": ["x"]}}, {"a": None, "b": {"aliases": ["x"]}}),
        ("networks", {"a": {"aliases": ["x", "y"]}}, {"a": {"aliases": ["z"]}}, {"a": {"aliases": ["z"]}}),
        ("command", ["a"], [], ["a"]),
        ("healthcheck.test", ["CMD", "a"], ["CMD", "b"], ["CMD", "b"]),
        ("ulimits", {"nofile": {"soft": 1, "hard": 2}, "core": 1}, {"nofile": 3}, {"nofile": 3, "core": 1}),
        ("logging", {"driver": "a", "options": {"x": "1"}}, {"driver": "b"}, {"driver": "b"}),
        (
            "logging",
            {"driver": "a", "options": {"x": "1", "y": "1"}},
            {"options": {"y": "2"}},
            {"driver": "a", "options": {"x": "1", "y": "2"}},
        ),
        ("deploy.placement.constraints", ["node.role==worker"], ["node.id==x"], ["node.role==worker", "node.id==x"]),
        ("deploy.labels", {"a": "1"}, ["a=2"], {"a": "2"}),
        ("deploy", {"replicas": 1, "mode": "replicated"}, {"replicas": 2}, {"replicas": 2, "mode": "replicated"}),
    ],
)
def test_rules(key: str, earlier: Any, later: Any, result: Any) -> None:
    assert merged(f"services.web.{key}", earlier, later) == result


@pytest.mark.parametrize("name", ["command", "environment", "labels", "ports", "networks", "logging"])
def test_a_service_may_be_called_what_a_key_is(name: str) -> None:
    assert merged(f"services.{name}", {"image": "a", "tty": True}, {"image": "b"}) == {"image": "b", "tty": True}


@pytest.mark.parametrize("section", ["networks", "volumes", "secrets", "configs"])
def test_what_is_declared_again_is_what_the_later_file_says(section: str) -> None:
    base = {"ours": {"driver": "overlay", "file": "a.txt"}, "other": None}
    assert merged(section, base, {"ours": {"external": True}}) == {"ours": {"external": True}, "other": None}


def test_a_later_file_adds_services_and_sections() -> None:
    base = {"services": {"web": {"image": "web:1"}, "db": {"image": "db"}}}
    extra = {"services": {"web": {"ports": ["80:80"]}, "cache": {"image": "cache"}}, "volumes": {"v": None}}
    stack = load([base, extra], lambda path: b"", name="s")
    assert [service.spec.name for service in stack.services] == ["s_web", "s_db", "s_cache"]
    assert stack.services[0].spec.endpoint.ports[0].published_port == 80


def test_all_files_have_one_version() -> None:
    with pytest.raises(DocumentError, match=r"version: the files have different versions: 3\.8, 3\.9"):
        load([{"version": "3.8"}, {"version": "3.9"}], lambda path: b"", name="s")
