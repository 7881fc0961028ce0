"""Services as `service ls` and `stack services` list them."""

from collections.abc import Iterable
from typing import Final

from swarmsim.cli.docker.client import Json
from swarmsim.cli.docker.images import short_image
from swarmsim.cli.docker.natural_order import natural
from swarmsim.cli.docker.places import find
from swarmsim.cli.docker.tables import Row, print_list

_TABLE: Final = r"{{.ID}}\t{{.Name}}\t{{.Mode}}\t{{.Replicas}}\t{{.Image}}\t{{.Ports}}"
_ID_LENGTH: Final = 12
_MODES: Final = {
    "Replicated": "replicated",
    "Global": "global",
    "ReplicatedJob": "replicated job",
    "GlobalJob": "global job",
}


def print_services(services: Iterable[Json], format_text: str, *, quiet: bool) -> None:
    """Print services that were asked for with their status."""
    rows = [_row(service) for service in sorted(services, key=lambda service: natural(service["Spec"]["Name"]))]
    print_list(rows, _TABLE, {}, format_text, quiet=quiet)


def _row(service: Json) -> Row:
    spec = service["Spec"]
    return {
        "ID": service["ID"][:_ID_LENGTH],
        "Name": spec["Name"],
        "Mode": next(word for key, word in _MODES.items() if key in spec["Mode"]),
        "Replicas": _replicas(service),
        "Image": short_image(find(spec, "TaskTemplate.ContainerSpec.Image", "")),
        "Ports": _ports(find(service, "Endpoint.Ports", ())),
    }


def _replicas(service: Json) -> str:
    status, mode = service.get("ServiceStatus") or {}, service["Spec"]["Mode"]
    wanted, completed = status.get("DesiredTasks", 0), status.get("CompletedTasks", 0)
    text = f"{status.get('RunningTasks', 0)}/{wanted}"
    if "ReplicatedJob" in mode:
        return f"{text} ({completed}/{mode['ReplicatedJob']['TotalCompletions']} completed)"
    if "GlobalJob" in mode:
        return f"{text} ({completed}/{wanted} completed)"
    most = find(service["Spec"], "TaskTemplate.Placement.MaxReplicas", 0)
    return f"{text} (max {most} per node)" if "Replicated" in mode and most else text


def _ports(ports: Iterable[Json]) -> str:
    """Those of the routing mesh; what follows one another is one range."""
    mesh = [port for port in ports if port.get("PublishMode", "ingress") == "ingress"]
    runs: list[list[Json]] = []
    for port in sorted(mesh, key=lambda port: (port["Protocol"], port["PublishedPort"])):
        if runs and _follows(runs[-1][-1], port):
            runs[-1].append(port)
        else:
            runs.append([port])
    return ", ".join(
        f"*:{_range(run, 'PublishedPort')}->{_range(run, 'TargetPort')}/{run[0]['Protocol']}" for run in runs
    )


def _follows(before: Json, port: Json) -> bool:
    return before["Protocol"] == port["Protocol"] and all(
        port[name] == before[name] + 1 for name in ("PublishedPort", "TargetPort")
    )


def _range(run: list[Json], name: str) -> str:
    first, last = run[0][name], run[-1][name]
    return f"{first}" if first == last else f"{first}-{last}"
