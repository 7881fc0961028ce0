"""Tasks as `ps` lists them: by slot, the newest of each first, the older ones set off from it."""

from collections.abc import Iterable, Iterator
from typing import Final

from swarmsim.cli.docker.ages import age
from swarmsim.cli.docker.client import Daemon, Json
from swarmsim.cli.docker.images import short_image
from swarmsim.cli.docker.names_of import Names
from swarmsim.cli.docker.natural_order import natural
from swarmsim.cli.docker.tables import Row, print_list

_TABLE: Final = (
    r"{{.ID}}\t{{.Name}}\t{{.Image}}\t{{.Node}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}\t{{.Ports}}"
)
_HEADERS: Final = {"DesiredState": "DESIRED STATE", "CurrentState": "CURRENT STATE"}
_ID_LENGTH: Final = 12
_ERROR_LENGTH: Final = 30


def print_tasks(
    daemon: Daemon, tasks: Iterable[Json], format_text: str, *, quiet: bool, no_trunc: bool, no_resolve: bool
) -> None:
    """Print them as one list."""
    names = Names(daemon, resolve=not no_resolve)
    rows = _rows(tasks, names, shortened=not (no_trunc or quiet), set_off=format_text in ("", "table"))
    print_list(rows, _TABLE, _HEADERS, format_text, quiet=quiet)


def _rows(tasks: Iterable[Json], names: Names, *, shortened: bool, set_off: bool) -> Iterator[Row]:
    newest_first = sorted(tasks, key=lambda task: str(task["CreatedAt"]), reverse=True)
    named = sorted(((_name(task, names), task) for task in newest_first), key=lambda pair: natural(pair[0]))
    before = ""
    for name, task in named:
        shown = rf" \_ {name}" if set_off and name == before else name
        before = name
        yield _row(task, shown, names, shortened=shortened)


def _row(task: Json, name: str, names: Names, *, shortened: bool) -> Row:
    status, image = task["Status"], task["Spec"].get("ContainerSpec", {}).get("Image", "")
    return {
        "ID": task["ID"][:_ID_LENGTH] if shortened else task["ID"],
        "Name": name,
        "Image": short_image(image) if shortened else image,
        "Node": names.node(task.get("NodeID", "")),
        "DesiredState": task["DesiredState"].capitalize(),
        "CurrentState": f"{status['State'].capitalize()} {age(status['Timestamp']).lower()}",
        "Error": _error(status.get("Err", ""), shortened=shortened),
        "Ports": ",".join(map(_port, (status.get("PortStatus") or {}).get("Ports") or ())),
    }


def _name(task: Json, names: Names) -> str:
    place = task.get("Slot", task.get("NodeID", ""))
    return f"{names.service(task['ServiceID'])}.{place}"


def _error(text: str, *, shortened: bool) -> str:
    if shortened and len(text) > _ERROR_LENGTH:
        text = f"{text[: _ERROR_LENGTH - 1]}…"
    return f'"{text}"' if text else ""


def _port(port: Json) -> str:
    return f"*:{port.get('PublishedPort', 0)}->{port.get('TargetPort', 0)}/{port['Protocol']}"
