"""`swarmsim service`: what runs in a swarm."""

import re
from collections.abc import Callable
from typing import Annotated, Final

import typer

from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import Daemon, DaemonError, Json, Refused
from swarmsim.cli.docker.declaring import create, update
from swarmsim.cli.docker.groups import group
from swarmsim.cli.docker.inspecting import print_inspected
from swarmsim.cli.docker.options import (
    Detach,
    Filter,
    Format,
    InspectFormat,
    NoResolve,
    NoTruncation,
    Pretty,
    Quiet,
    Silent,
    filters_of,
)
from swarmsim.cli.docker.places import put
from swarmsim.cli.docker.service_details import service_details
from swarmsim.cli.docker.service_logs import logs
from swarmsim.cli.docker.service_table import print_services
from swarmsim.cli.docker.several import do_each
from swarmsim.cli.docker.task_table import print_tasks
from swarmsim.cli.docker.waiting import wait_for

_NOT_FOUND: Final = 404
_SCALE: Final = re.compile(r"(?P<service>[^=]+)=(?P<count>[0-9]{1,9})")

Services = Annotated[list[str], typer.Argument(metavar="SERVICE...", show_default=False)]
Service = Annotated[str, typer.Argument(metavar="SERVICE", show_default=False)]


def list_services(
    context: typer.Context, filters: Filter = None, format_text: Format = "", quiet: Quiet = False
) -> None:
    """List the services of the swarm."""
    services = daemon(context).get("/services", filters=filters_of(filters), status=True)
    print_services(services, format_text, quiet=quiet)


def list_tasks(
    context: typer.Context,
    services: Services,
    filters: Filter = None,
    format_text: Format = "",
    no_resolve: NoResolve = False,
    no_trunc: NoTruncation = False,
    quiet: Quiet = False,
) -> None:
    """List the tasks of services."""
    asked = daemon(context)
    found, missing = _ids_of(asked, services)
    if found:
        tasks = asked.get("/tasks", filters={**filters_of(filters), "service": found})
        print_tasks(asked, tasks, format_text, quiet=quiet, no_trunc=no_trunc, no_resolve=no_resolve)
    if missing:
        raise DaemonError("\n".join(f"no such service: {name}" for name in missing))


def inspect(
    context: typer.Context, services: Services, format_text: InspectFormat = "", pretty: Pretty = False
) -> None:
    """Show everything about services."""
    asked = daemon(context)
    print_inspected(
        services,
        lambda name: _found(asked, name),
        format_text,
        pretty=(lambda service: service_details(asked, service)) if pretty else None,
    )


def scale(
    context: typer.Context,
    counts: Annotated[list[str], typer.Argument(metavar="SERVICE=REPLICAS...", show_default=False)],
    detach: Detach = False,
) -> None:
    """Have services run as many tasks."""
    asked = daemon(context)
    wanted: dict[str, int] = {}
    for text in counts:
        match = _SCALE.fullmatch(text)
        if match is None:
            raise DaemonError(f"invalid scale specifier {text!r}: write it like web=3")
        wanted[match["service"]] = int(match["count"])
    scaled: dict[str, str] = {}

    def scale_one(name: str) -> None:
        scaled[name] = _change(asked, name, lambda service: _scale(service, wanted[name]))
        print(f"{name} scaled to {wanted[name]}")

    def wait_for_all() -> None:
        for name, service_id in scaled.items():
            wait_for(asked, service_id, name, quiet=False)

    do_each(wanted, scale_one, label=True, then=None if detach else wait_for_all)


def rollback(context: typer.Context, service: Service, detach: Detach = False, quiet: Silent = False) -> None:
    """Have a service go back to the spec before its last update."""
    asked = daemon(context)
    found = asked.get(f"/services/{service}")
    asked.post(f"/services/{found['ID']}/update", found["Spec"], version=found["Version"]["Index"], rollback="previous")
    print(service)
    if not detach:
        wait_for(asked, found["ID"], service, quiet=quiet)


def remove(context: typer.Context, services: Services) -> None:
    """Remove services; their tasks stop."""
    asked = daemon(context)

    def remove_one(name: str) -> None:
        asked.delete(f"/services/{name}")
        print(name)

    do_each(services, remove_one)


def _scale(service: Json, count: int) -> None:
    mode = service["Spec"]["Mode"]
    if "Replicated" in mode:
        put(mode, "Replicated.Replicas", count)
    elif "ReplicatedJob" in mode:
        put(mode, "ReplicatedJob.TotalCompletions", count)
    else:
        raise DaemonError("scale can only be used with replicated or replicated-job mode")


def _change(asked: Daemon, name: str, change: Callable[[Json], None]) -> str:
    service = asked.get(f"/services/{name}")
    change(service)
    asked.post(f"/services/{service['ID']}/update", service["Spec"], version=service["Version"]["Index"])
    return str(service["ID"])


def _found(asked: Daemon, name: str) -> Json:
    try:
        return asked.get(f"/services/{name}", insertDefaults=True)
    except Refused as refused:
        if refused.status != _NOT_FOUND:
            raise
        raise DaemonError(f"Error: no such service: {name}") from refused


def _ids_of(asked: Daemon, names: list[str]) -> tuple[list[str], list[str]]:
    """The ids of services, and the names of those that there are not."""
    found, missing = [], []
    for name in names:
        try:
            found.append(str(asked.get(f"/services/{name}")["ID"]))
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise
            missing.append(name)
    return found, missing


SERVICE: Final = group(
    "service",
    "Manage services, as docker service does.",
    {
        "create": create,
        "inspect": inspect,
        "logs": logs,
        "ls|list": list_services,
        "ps": list_tasks,
        "rm|remove": remove,
        "rollback": rollback,
        "scale": scale,
        "update": update,
    },
)
