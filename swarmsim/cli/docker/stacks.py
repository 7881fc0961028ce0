"""`swarmsim stack`: several services of one Compose file."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import typer

from core.compose.deployment import Deployment, DeploymentFailed
from core.compose.stack import NAMESPACE_LABEL, Stack
from core.objects.service import Service
from core.operations import Operation
from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import Daemon, DaemonError, Json
from swarmsim.cli.docker.groups import group
from swarmsim.cli.docker.natural_order import natural
from swarmsim.cli.docker.options import Filter, Format, NoResolve, NoTruncation, Quiet, Silent, filters_of
from swarmsim.cli.docker.service_table import print_services
from swarmsim.cli.docker.several import do_each
from swarmsim.cli.docker.stack_config import config
from swarmsim.cli.docker.stack_images import Resolve, with_images
from swarmsim.cli.docker.stack_progress import line_of
from swarmsim.cli.docker.stack_rehearsal import rehearsed
from swarmsim.cli.docker.stack_requests import carry_out
from swarmsim.cli.docker.tables import print_list
from swarmsim.cli.docker.task_table import print_tasks
from swarmsim.cli.docker.waiting import wait_for, wait_until_gone
from swarmsim.cli.plan import lines_of
from swarmsim.cli.stacks import client_stack, warnings_of
from swarmsim.cli.standard_input import check_read_once
from swarmsim.compose_files import read_source

_BACKGROUND: Final = (
    "Since --detach=false was not specified, tasks will be created in the background.\n"
    "In a future release, --detach=false will become the default."
)
_PARTS: Final = (("service", "/services"), ("secret", "/secrets"), ("config", "/configs"), ("network", "/networks"))

Name = Annotated[str, typer.Argument(metavar="STACK", show_default=False)]


def deploy(
    context: typer.Context,
    name: Name,
    compose_files: Annotated[
        list[Path],
        typer.Option("--compose-file", "-c", metavar="FILE", help="Compose file; several are merged; - is stdin."),
    ],
    prune: Annotated[bool, typer.Option("--prune", help="Remove services that are no longer in the file.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    detach: Annotated[
        bool | None,
        typer.Option("--detach/--no-detach", "-d", help="Do not wait until services have converged; so by default."),
    ] = None,
    quiet: Silent = False,
    resolve_image: Annotated[
        Resolve, typer.Option("--resolve-image", help="When to ask registries for the digests of images.")
    ] = Resolve.ALWAYS,
    with_registry_auth: Annotated[
        bool, typer.Option("--with-registry-auth", help="Taken for docker's sake: no credentials are sent.")
    ] = False,
) -> None:
    """Make the swarm run what Compose files say, or what has become of them."""
    check_read_once(compose_files)
    sources = [read_source(file) for file in compose_files]
    stack = client_stack(sources, compose_files[0].parent, name=name)
    asked = daemon(context)
    if stack.warnings:
        print(warnings_of(stack).lstrip("\n"), file=sys.stderr)
    stack = with_images(asked, stack, resolve_image)
    if dry_run:
        _say_plan(asked, stack, prune=prune)
        return
    if detach is None and not quiet:
        print(_BACKGROUND, file=sys.stderr)
    _deploy(asked, stack, prune=prune, quiet=quiet)
    if detach is False:
        for service in asked.get("/services", filters=_of(name)):
            wait_for(asked, service["ID"], service["Spec"]["Name"], quiet=quiet)


def _say_plan(asked: Daemon, stack: Stack, *, prune: bool) -> None:
    found = rehearsed(asked, stack, prune=prune)
    print("\n".join(lines_of(found, verbose=False)))
    if found.refusal:
        raise DaemonError(f"the deployment would fail: {found.refusal}")


def _deploy(asked: Daemon, stack: Stack, *, prune: bool, quiet: bool) -> None:
    deployment = Deployment(stack, prune=prune)
    names: dict[str, str] = {}
    operation: Operation | None = deployment.start()
    while operation is not None:
        if not quiet and (line := line_of(operation, names)):
            print(line, flush=True)
        answer = carry_out(asked, operation)
        if isinstance(answer, tuple):
            names.update((each.id, each.spec.name) for each in answer if isinstance(each, Service))
        operation = deployment.step(answer)
    if isinstance(deployment.outcome, DeploymentFailed):
        about = "Error response from daemon: " if deployment.outcome.error is not None else ""
        raise DaemonError(about + deployment.outcome.message)


def list_stacks(context: typer.Context, format_text: Format = "") -> None:
    """List the stacks of the swarm."""
    services = daemon(context).get("/services", filters={"label": [NAMESPACE_LABEL]})
    counts = Counter(service["Spec"]["Labels"][NAMESPACE_LABEL] for service in services)
    rows = [{"Name": name, "Services": str(counts[name])} for name in sorted(counts, key=natural)]
    print_list(rows, r"{{.Name}}\t{{.Services}}", {}, format_text, quiet=False)


def list_services(
    context: typer.Context, name: Name, filters: Filter = None, format_text: Format = "", quiet: Quiet = False
) -> None:
    """List the services of a stack."""
    services = daemon(context).get("/services", filters=_of(name, filters), status=True)
    if not services:
        print(f"Nothing found in stack: {name}", file=sys.stderr)
        return
    print_services(services, format_text, quiet=quiet)


def list_tasks(
    context: typer.Context,
    name: Name,
    filters: Filter = None,
    format_text: Format = "",
    no_resolve: NoResolve = False,
    no_trunc: NoTruncation = False,
    quiet: Quiet = False,
) -> None:
    """List the tasks of a stack."""
    asked = daemon(context)
    tasks = asked.get("/tasks", filters=_of(name, filters))
    if not tasks:
        raise DaemonError(f"nothing found in stack: {name}")
    print_tasks(asked, tasks, format_text, quiet=quiet, no_trunc=no_trunc, no_resolve=no_resolve)


def remove(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="STACK...", show_default=False)],
    detach: Annotated[
        bool, typer.Option("--detach/--no-detach", "-d", help="Do not wait until its tasks are gone.")
    ] = True,
) -> None:
    """Remove stacks: their services, secrets, configs and networks."""
    asked = daemon(context)
    for name in names:
        _remove(asked, name)
        if not detach:
            wait_until_gone(asked, _of(name))


def _remove(asked: Daemon, name: str) -> None:
    parts = [(kind, path, found) for kind, path in _PARTS for found in _sorted(asked.get(path, filters=_of(name)))]
    if not parts:
        print(f"Nothing found in stack: {name}", file=sys.stderr)
        return
    by_label = {f"{kind} {_name_of(found)}": f"{path}/{_id_of(found)}" for kind, path, found in parts}

    def remove_one(label: str) -> None:
        print(f"Removing {label}", flush=True)
        asked.delete(by_label[label])

    do_each(by_label, remove_one)


def _of(name: str, filters: list[str] | None = None) -> dict[str, list[str]]:
    narrowed = filters_of(filters)
    return {**narrowed, "label": [*narrowed.get("label", ()), f"{NAMESPACE_LABEL}={name}"]}


def _sorted(found: list[Json]) -> list[Json]:
    return sorted(found, key=lambda each: natural(_name_of(each)))


def _name_of(found: Json) -> str:
    return str(found["Spec"]["Name"] if "Spec" in found else found["Name"])


def _id_of(found: Json) -> str:
    return str(found["ID"] if "ID" in found else found["Id"])


STACK: Final = group(
    "stack",
    "Manage the services of Compose files, as docker stack does.",
    {
        "config": config,
        "deploy|up": deploy,
        "ls|list": list_stacks,
        "ps": list_tasks,
        "rm|remove|down": remove,
        "services": list_services,
    },
)
