"""Reading the store for a client."""

from leading_head import Swarm, node_of

from core.manager.control.queries import query
from core.objects import Config, Node, Secret, Service
from core.objects.config import ConfigSpec
from core.objects.secret import SecretSpec
from core.operations import CreateConfig, CreateSecret, ErrorCode, Inspect, Kind, ListObjects, OperationError


def test_an_object_is_found_by_id_then_exact_name_then_prefix_of_an_id() -> None:
    swarm = Swarm(workers=0)
    swarm.put(node_of("abc"))
    swarm.put(node_of("abd"))
    web = swarm.create("ab")
    for reference in (web.id, "ab", web.id[:6]):
        found = query(swarm.committed, Inspect(Kind.SERVICE, reference))
        assert isinstance(found, Service)
        assert found.id == web.id
    assert isinstance(query(swarm.committed, Inspect(Kind.NODE, "abc")), Node)
    assert query(swarm.committed, Inspect(Kind.NODE, "ab")) == OperationError(
        ErrorCode.INVALID, "node ab is ambiguous (2 matches found)"
    )
    assert query(swarm.committed, Inspect(Kind.TASK, "")) == OperationError(ErrorCode.NOT_FOUND, "task  not found")


def test_secrets_never_show_their_data() -> None:
    swarm = Swarm()
    swarm.ask(CreateSecret(SecretSpec("pw", b"hidden")))
    for answer in (
        query(swarm.committed, Inspect(Kind.SECRET, "pw")),
        query(swarm.committed, ListObjects(Kind.SECRET)),
    ):
        secret = answer[0] if isinstance(answer, tuple) else answer
        assert isinstance(secret, Secret)
        assert (secret.spec.name, secret.spec.data) == ("pw", b"")
    assert next(iter(swarm.committed.secrets.values())).spec.data == b"hidden"


def test_configs_do() -> None:
    swarm = Swarm()
    swarm.ask(CreateConfig(ConfigSpec("c", b"to be seen")))
    answer = query(swarm.committed, Inspect(Kind.CONFIG, "c"))
    assert isinstance(answer, Config)
    assert answer.spec.data == b"to be seen"


def test_lists_come_in_order_of_creation() -> None:
    swarm = Swarm(workers=3)
    swarm.update_node("w1", labels={"changed": "yes"})
    answer = query(swarm.committed, ListObjects(Kind.NODE))
    assert isinstance(answer, tuple)
    assert [node.id for node in answer] == ["w1", "w2", "w3"]
