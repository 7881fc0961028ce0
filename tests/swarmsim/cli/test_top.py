"""What `swarmsim top` shows of a picture."""

from io import StringIO

from rich.console import Console

from core.phases import HostPhase
from core.timing import SECOND
from swarmsim.cli.top import rendered, show
from swarmsim.serve.machines import Machine
from swarmsim.serve.picture import HostPicture, Picture, ServicePicture
from swarmsim.world import Power


def host(name: str, power: Power, phase: HostPhase, leads: bool = False, rate: float | None = None) -> HostPicture:
    return HostPicture(Machine(name, power, phase, leads, "198.18.0.1", "unix:///run/x", ""), 3, 41, 2, rate)


PICTURE = Picture(
    12_340_000_000,
    (
        host("m1", Power.UP, HostPhase.MANAGER, leads=True, rate=12.4),
        host("m2", Power.OFF, HostPhase.MANAGER, leads=True, rate=0.0),
        host("w1", Power.PAUSED, HostPhase.WORKER),
    ),
    (ServicePicture("web", "nginx:1", False, 1, 3), ServicePicture("job", "job:1", True, 2, 2)),
    ("kill: m2",),
)


def shown(picture: Picture) -> list[str]:
    """Its lines, with one space between words."""
    console = Console(file=StringIO(), width=120)
    with console.capture() as captured:
        console.print(rendered(picture))
    return [" ".join(line.split()) for line in captured.get().splitlines() if line.strip()]


def test_a_picture_is_a_head_and_tables() -> None:
    assert shown(PICTURE) == [
        "12.3 s 1 of 3 hosts up leader m1 12 messages/s",
        "HOST STATE SWARM TERM COMMIT TASKS MESSAGES/S",
        "m1 running leader 3 41 2 12",
        "m2 stopped - - - 2 0",
        "w1 paused worker - - 2 -",
        "SERVICE IMAGE TASKS",
        "web nginx:1 1/3 running",
        "job job:1 2/2 completed",
        "FAULT",
        "kill: m2",
    ]


def test_what_there_is_not_has_no_table() -> None:
    empty = Picture(1 * SECOND, PICTURE.hosts[1:2], (), ())
    lines = shown(empty)
    assert lines[0] == "1.0 s 0 of 1 hosts up leader none 0 messages/s"
    assert [line.split()[0] for line in lines] == ["1.0", "HOST", "m2"]


def test_pictures_follow_each_other_in_the_same_place() -> None:
    written = StringIO()
    later = Picture(99 * SECOND, PICTURE.hosts, (), ())
    show([PICTURE, later], Console(file=written, force_terminal=True, width=120, height=40))
    text = written.getvalue()
    assert text.index("12.3 s") < text.index("99.0 s")
    assert "\x1b[H" in text
