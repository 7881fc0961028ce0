"""`swarmsim node`: the machines of a swarm."""

from collections.abc import Callable, Iterable
from typing import Annotated, Final

import typer

from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import Daemon, DaemonError, Json
from swarmsim.cli.docker.groups import group
from swarmsim.cli.docker.inspecting import print_inspected
from swarmsim.cli.docker.natural_order import natural
from swarmsim.cli.docker.node_details import node_details
from swarmsim.cli.docker.options import (
    Filter,
    Format,
    InspectFormat,
    NoResolve,
    NoTruncation,
    Pretty,
    Quiet,
    filters_of,
    pairs_of,
)
from swarmsim.cli.docker.several import do_each
from swarmsim.cli.docker.tables import Row, print_list
from swarmsim.cli.docker.task_table import print_tasks

SELF: Final = "self"
_TABLE: Final = (
    r"{{.ID}} {{if .Self}}*{{else}} {{end}}"
    r"\t{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t{{.ManagerStatus}}\t{{.EngineVersion}}"
)
_HEADERS: Final = {"Self": "", "ManagerStatus": "MANAGER STATUS", "EngineVersion": "ENGINE VERSION"}

Nodes = Annotated[list[str], typer.Argument(metavar="NODE...", show_default=False)]


def list_nodes(context: typer.Context, filters: Filter = None, format_text: Format = "", quiet: Quiet = False) -> None:
    """List the nodes of the swarm."""
    asked = daemon(context)
    nodes = asked.get("/nodes", filters=filters_of(filters))
    own_id = _own_id(asked)
    rows = (_row(node, own_id) for node in sorted(nodes, key=lambda node: natural(node["Description"]["Hostname"])))
    print_list(rows, _TABLE, _HEADERS, format_text, quiet=quiet)


def list_tasks(
    context: typer.Context,
    nodes: Annotated[list[str] | None, typer.Argument(metavar="[NODE...]", show_default=SELF)] = None,
    filters: Filter = None,
    format_text: Format = "",
    no_resolve: NoResolve = False,
    no_trunc: NoTruncation = False,
    quiet: Quiet = False,
) -> None:
    """List the tasks on nodes."""
    asked = daemon(context)
    ids = [asked.get(_path(asked, node))["ID"] for node in nodes or (SELF,)]
    tasks = asked.get("/tasks", filters={**filters_of(filters), "node": ids})
    print_tasks(asked, tasks, format_text, quiet=quiet, no_trunc=no_trunc, no_resolve=no_resolve)


def inspect(context: typer.Context, nodes: Nodes, format_text: InspectFormat = "", pretty: Pretty = False) -> None:
    """Show everything about nodes; `self` is the one that is asked."""
    asked = daemon(context)
    print_inspected(
        nodes, lambda node: asked.get(_path(asked, node)), format_text, pretty=node_details if pretty else None
    )


def update(
    context: typer.Context,
    node: Annotated[str, typer.Argument(metavar="NODE", show_default=False)],
    availability: Annotated[str, typer.Option(metavar="active|pause|drain", help="What it is available for.")] = "",
    label_add: Annotated[
        list[str] | None, typer.Option("--label-add", metavar="KEY=VALUE", help="Label to add or change; repeatable.")
    ] = None,
    label_rm: Annotated[
        list[str] | None, typer.Option("--label-rm", metavar="KEY", help="Label to remove; repeatable.")
    ] = None,
    role: Annotated[str, typer.Option(metavar="worker|manager", help="What it is to be.")] = "",
) -> None:
    """Change a node."""

    def change(spec: Json) -> None:
        labels = spec.setdefault("Labels", {}) or {}
        absent = [key for key in label_rm or () if key not in labels]
        if absent:
            raise DaemonError(f"key {absent[0]} doesn't exist in node's labels")
        spec["Labels"] = {key: value for key, value in labels.items() if key not in (label_rm or ())}
        spec["Labels"] |= pairs_of(label_add)
        spec["Availability"] = availability or spec["Availability"]
        spec["Role"] = role or spec["Role"]

    _change(daemon(context), node, change)
    print(node)


def promote(context: typer.Context, nodes: Nodes) -> None:
    """Make nodes managers."""
    _give_role(
        daemon(context),
        nodes,
        "manager",
        "Node {} is already a manager.",
        "Node {} promoted to a manager in the swarm.",
    )


def demote(context: typer.Context, nodes: Nodes) -> None:
    """Make managers workers."""
    _give_role(daemon(context), nodes, "worker", "Node {} is already a worker.", "Manager {} demoted in the swarm.")


def remove(
    context: typer.Context,
    nodes: Nodes,
    force: Annotated[bool, typer.Option("--force", "-f", help="Even one that is not down.")] = False,
) -> None:
    """Have the swarm forget nodes."""
    asked = daemon(context)

    def remove_one(node: str) -> None:
        asked.delete(f"/nodes/{node}", force=force)
        print(node)

    do_each(nodes, remove_one)


def _give_role(asked: Daemon, nodes: Iterable[str], role: str, already: str, done: str) -> None:
    for node in nodes:
        found = asked.get(_path(asked, node))
        if found["Spec"]["Role"] == role:
            print(already.format(found["ID"]))
        else:
            _change(asked, node, lambda spec: spec.update(Role=role))
            print(done.format(node))


def _change(asked: Daemon, node: str, change: Callable[[Json], None]) -> None:
    found = asked.get(_path(asked, node))
    change(found["Spec"])
    asked.post(f"/nodes/{found['ID']}/update", found["Spec"], version=found["Version"]["Index"])


def _path(asked: Daemon, node: str) -> str:
    if node != SELF:
        return f"/nodes/{node}"
    own_id = _own_id(asked)
    if not own_id:  # it is in no swarm: it says so itself
        asked.get("/nodes")
    return f"/nodes/{own_id}"


def _own_id(asked: Daemon) -> str:
    return str(asked.get("/info")["Swarm"]["NodeID"])


def _row(node: Json, own_id: str) -> Row:
    manager = node.get("ManagerStatus") or {}
    return {
        "ID": node["ID"],
        "Self": node["ID"] == own_id,
        "Hostname": node["Description"]["Hostname"],
        "Status": node["Status"]["State"].capitalize(),
        "Availability": node["Spec"]["Availability"].capitalize(),
        "ManagerStatus": "Leader" if manager.get("Leader") else manager.get("Reachability", "").capitalize(),
        "TLSStatus": "Unknown",
        "EngineVersion": node["Description"].get("Engine", {}).get("EngineVersion", ""),
    }


NODE: Final = group(
    "node",
    "Manage the nodes of a swarm, as docker node does.",
    {
        "ls|list": list_nodes,
        "ps": list_tasks,
        "inspect": inspect,
        "update": update,
        "promote": promote,
        "demote": demote,
        "rm|remove": remove,
    },
)
