"""Nodes: `Node` to Docker's, and what an operator sets on one."""

from typing import Final

from core import json_schema
from core.codec.docker.kinds import LABELS, TEXT, Object, state, word
from core.codec.docker.resources import PLATFORM, RESOURCES
from core.codec.docker.schemas import META, named
from core.codec.docker.tables import Field, Section, Table
from core.codec.docker.times import meta
from core.document import Value
from core.json_schema import Schema, listed, put, shape
from core.objects.node import (
    Availability,
    ManagerStatus,
    Node,
    NodeDescription,
    NodeSpec,
    NodeState,
    NodeStatus,
    Reachability,
    Role,
)

NODE_SPEC: Final = Table(
    NodeSpec,
    Field("Name", "name", TEXT),
    Field("Labels", "labels", LABELS, always=True),
    Field("Role", "role", word(Role), always=True),
    Field("Availability", "availability", word(Availability), always=True),
)
_DESCRIPTION: Final = Table(
    NodeDescription,
    Field("Hostname", "hostname", TEXT),
    Field("Platform", "platform", PLATFORM),
    Field("Resources", "resources", RESOURCES),
    Section("Engine"),
    Field("Engine.EngineVersion", "engine_version", TEXT),
    Field("Engine.Labels", "engine_labels", LABELS),
    Section("TLSInfo"),
)


def _description_schema() -> Schema:
    schema = _DESCRIPTION.schema()
    put(schema, "Engine.Plugins", listed(shape({"Type": json_schema.TEXT, "Name": json_schema.TEXT})))
    return schema


_STATUS: Final = shape({"State": state(NodeState).schema}, {"Message": json_schema.TEXT, "Addr": json_schema.TEXT})
_MANAGER_STATUS: Final = shape(
    {"Reachability": word(Reachability).schema, "Addr": json_schema.TEXT}, {"Leader": json_schema.TRUTH}
)
NODE: Final = shape(
    {
        "ID": json_schema.TEXT,
        **META,
        "Spec": named("NodeSpec"),
        "Description": _description_schema(),
        "Status": _STATUS,
    },
    {"ManagerStatus": _MANAGER_STATUS},
)


def decode_node_spec(body: object) -> NodeSpec:
    """The body of POST /nodes/{id}/update."""
    return NODE_SPEC.read(Value("", body))


def encode_node(node: Node, *, leads: bool) -> Object:
    """An answer of GET /nodes; whether the node leads is not stored, and has to be told."""
    body = {
        "ID": node.id,
        **meta(node.version, node.created_at, node.updated_at),
        "Spec": NODE_SPEC.write(node.spec),
        "Description": _description(node.description),
        "Status": _status(node.status),
    }
    if node.manager is not None:
        body["ManagerStatus"] = _manager_status(node.manager, leads)
    return body


def _description(description: NodeDescription) -> Object:
    body = _DESCRIPTION.write(description)
    if description.plugins:
        body["Engine"]["Plugins"] = [{"Type": kind, "Name": name} for kind, name in description.plugins]
    return body


def _status(status: NodeStatus) -> Object:
    body = {"State": status.state.name.lower(), "Message": status.message, "Addr": status.address}
    return {name: text for name, text in body.items() if text}


def _manager_status(manager: ManagerStatus, leads: bool) -> Object:
    leader = {"Leader": True} if leads else {}
    return {**leader, "Reachability": manager.reachability.value, "Addr": manager.address}
