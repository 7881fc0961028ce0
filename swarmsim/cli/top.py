"""`swarmsim top`: a live picture of a cluster that is served."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Annotated, Final

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from core.timing import SECOND
from swarmsim.cli.served import SocketDir, serving
from swarmsim.serve.picture import HostPicture, Picture, ServicePicture
from swarmsim.world import Power

WIDTH_WITHOUT_TERMINAL: Final = 160
_COLOURS: Final = {Power.UP: "green", Power.PAUSED: "yellow", Power.NO_DAEMON: "red", Power.OFF: "red"}


def top(
    once: Annotated[bool, typer.Option("--once", help="Print one picture and end.")] = False,
    socket_dir: SocketDir = None,
) -> None:
    """Show a cluster that is served: its machines, who leads, its services, what passes between hosts.

    It is refreshed twice a second until Ctrl-C. What is no terminal gets one picture.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, WIDTH_WITHOUT_TERMINAL))
    with serving(socket_dir) as client:
        pictures = client.follow("/pictures", Picture)
        if once or not console.is_terminal:
            for picture in islice(pictures, 1, 2):  # the first one has no rates yet
                console.print(rendered(picture))
            return
        with suppress(KeyboardInterrupt):  # that is how one ends it
            show(pictures, console)
            print("the cluster is not served any more", file=sys.stderr)


def show(pictures: Iterable[Picture], console: Console) -> None:
    """One after the other in the same place."""
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for picture in pictures:
            live.update(rendered(picture), refresh=True)


def rendered(picture: Picture) -> RenderableType:
    """A picture for a terminal."""
    return Group(*_parts(picture))


def _parts(picture: Picture) -> Iterator[RenderableType]:
    up_count = sum(host.machine.power is Power.UP for host in picture.hosts)
    yield Text(
        f"{picture.now_ns / SECOND:.1f} s   {up_count} of {len(picture.hosts)} hosts up   "
        f"leader {picture.leader or 'none'}   {_rate(picture.messages_per_s)} messages/s"
    )
    yield Text()
    yield _table(
        ("HOST", "STATE", "SWARM", "TERM", "COMMIT", "TASKS", "MESSAGES/S"),
        map(_host, picture.hosts),
        ends_at_right=(3, 4, 5, 6),
    )
    if picture.services:
        yield Text()
        yield _table(("SERVICE", "IMAGE", "TASKS", ""), map(_service, picture.services), ends_at_right=(2,))
    if picture.faults:
        yield Text()
        yield _table(("FAULT",), ([Text(text)] for text in picture.faults))


def _table(heads: tuple[str, ...], rows: Iterable[list[Text]], ends_at_right: tuple[int, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for position, head in enumerate(heads):
        table.add_column(head, justify="right" if position in ends_at_right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _host(host: HostPicture) -> list[Text]:
    machine = host.machine
    has_raft = machine.swarm in ("leader", "manager")
    return [
        Text(machine.name),
        Text(machine.state, _COLOURS[machine.power]),
        Text(machine.swarm, "bold" if machine.swarm == "leader" else ""),
        Text(str(host.term) if has_raft else "-"),
        Text(str(host.commit_index) if has_raft else "-"),
        Text(str(host.container_count)),
        Text(_rate(host.messages_per_s)),
    ]


def _service(service: ServicePicture) -> list[Text]:
    is_whole = service.count == service.desired_count
    return [
        Text(service.name),
        Text(service.image),
        Text(f"{service.count}/{service.desired_count}", "green" if is_whole else "yellow"),
        Text("completed" if service.is_job else "running"),
    ]


def _rate(per_s: float | None) -> str:
    return "-" if per_s is None else f"{per_s:.0f}"
