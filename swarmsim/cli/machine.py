"""`swarmsim machine`: the hosts of a cluster that is served, in the manner of docker-machine."""

import os
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from core.suggestions import what_there_is
from swarmsim.cli.columns import in_columns
from swarmsim.cli.completion import machines as machine_names
from swarmsim.cli.failure import fail
from swarmsim.cli.served import SocketDir, serving
from swarmsim.serve.client import ControlClient
from swarmsim.serve.machines import Machine, Switch

VARIABLE: Final = "DOCKER_HOST"
HEADS: Final = ("NAME", "STATE", "SWARM", "ADDRESS", "URL")

Names = Annotated[
    list[str],
    typer.Argument(metavar="NAME...", help="Hosts, such as m1 w2.", show_default=False, autocompletion=machine_names),
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A host, such as m1.", show_default=False, autocompletion=machine_names)
]


class Format(Enum):
    """How machines are listed; JSON as an object per line."""

    TABLE = "table"
    JSON = "json"


class Shell(Enum):
    """Whose words set a variable."""

    SH = "sh"
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    CMD = "cmd"
    POWERSHELL = "powershell"


class _Words:
    """How a shell sets a variable, unsets it, and does what a command prints."""

    def __init__(self, set_to: str, unset: str, use: str) -> None:
        self.set_to = set_to
        self.unset = unset
        self.use = use


_POSIX: Final = _Words('export {name}="{value}"', "unset {name}", "# Run this to use it: eval $({command})")
_SHELLS: Final = {
    Shell.SH: _POSIX,
    Shell.BASH: _POSIX,
    Shell.ZSH: _POSIX,
    Shell.FISH: _Words('set -gx {name} "{value}";', "set -e {name};", "# Run this to use it: eval ({command})"),
    Shell.CMD: _Words(
        "SET {name}={value}", "SET {name}=", "REM Run this to use it: @FOR /f \"tokens=*\" %i IN ('{command}') DO @%i"
    ),
    Shell.POWERSHELL: _Words(
        '$Env:{name} = "{value}"',
        "Remove-Item Env:\\{name}",
        "# Run this to use it: & {command} | Invoke-Expression",
    ),
}


def ls(
    format: Annotated[Format, typer.Option(help="How to print them.")] = Format.TABLE,  # noqa: A002  (the option)
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Names alone.")] = False,
    socket_dir: SocketDir = None,
) -> None:
    """List the machines: whether each runs, what it is in the swarm, and where docker reaches it."""
    with serving(socket_dir) as client:
        machines = _machines(client)
    if quiet:
        print("\n".join(machine.name for machine in machines))
    elif format is Format.JSON:
        for machine in machines:
            print(msgspec.json.encode(_row(machine)).decode())
    else:
        for line in in_columns([HEADS, *(tuple(_row(machine).values()) for machine in machines)]):
            print(line)


def _row(machine: Machine) -> dict[str, str]:
    values = (machine.name, machine.state, machine.swarm, machine.address, machine.docker_host)
    return dict(zip(map(str.lower, HEADS), values, strict=True))


def ip(name: Name, socket_dir: SocketDir = None) -> None:
    """Print a machine's address in the simulated network."""
    with serving(socket_dir) as client:
        print(_machine(client, name).address)


def url(name: Name, socket_dir: SocketDir = None) -> None:
    """Print what DOCKER_HOST is to be for a machine."""
    with serving(socket_dir) as client:
        print(_machine(client, name).docker_host)


def env(
    name: Annotated[
        str,
        typer.Argument(metavar="[NAME]", help="A host, such as m1.", show_default=False, autocompletion=machine_names),
    ] = "",
    shell: Annotated[
        Shell | None, typer.Option(help="For which shell.", show_default="by $SHELL", case_sensitive=False)
    ] = None,
    unset: Annotated[bool, typer.Option("--unset", "-u", help="Unset what it sets.")] = False,
    socket_dir: SocketDir = None,
) -> None:
    """Print the shell commands that point docker at a machine: eval "$(swarmsim machine env m1)"."""
    words = _SHELLS[shell or _shell_of(os.environ.get("SHELL", ""))]
    command = ["swarmsim", "machine", "env"]
    if shell is not None:
        command += ["--shell", shell.value]
    if socket_dir is not None:
        command += ["--socket-dir", str(socket_dir)]
    if unset:
        print(words.unset.format(name=VARIABLE))
        print(words.use.format(command=" ".join([*command, "-u"])))
        return
    if not name:
        raise typer.BadParameter("a machine is needed, such as m1; or use --unset", param_hint="NAME")
    with serving(socket_dir) as client:
        machine = _machine(client, name)
    print(words.set_to.format(name=VARIABLE, value=machine.docker_host))
    print(words.use.format(command=" ".join([*command, name])))


def _shell_of(path: str) -> Shell:
    known = {shell.value: shell for shell in Shell}
    return known.get(Path(path).name, Shell.SH)


def _switch(what: Switch, told: str) -> Callable[..., None]:
    def command(names: Names, socket_dir: SocketDir = None) -> None:
        with serving(socket_dir) as client:
            machines = {machine.name: machine for machine in _machines(client)}
            for name in names:
                _known(name, machines)
            for name in names:
                after = client.ask("POST", f"/machines/{name}/{what.value}", Machine)
                print(f"{name}: {told} ({after.state})")

    return command


start = _switch(Switch.START, "started")
stop = _switch(Switch.STOP, "stopped")
kill = _switch(Switch.KILL, "killed")
restart = _switch(Switch.RESTART, "restarted")


def _machines(client: ControlClient) -> list[Machine]:
    return client.ask("GET", "/machines", list[Machine])


def _machine(client: ControlClient, name: str) -> Machine:
    machines = {machine.name: machine for machine in _machines(client)}
    _known(name, machines)
    return machines[name]


def _known(name: str, machines: dict[str, Machine]) -> None:
    if name not in machines:
        fail(f"there is no machine {name!r}{what_there_is(name, machines)}")


_COMMANDS: Final[Sequence[tuple[str, Callable[..., Any], str | None]]] = (
    ("ls", ls, None),
    ("ip", ip, None),
    ("url", url, None),
    ("env", env, None),
    ("start", start, "Switch machines on, or start their dead daemons; done once these answer."),
    ("stop", stop, "Switch machines off in an orderly way: nothing that was written is lost."),
    ("kill", kill, "Take the power from machines: what was not synced is lost."),
    ("restart", restart, "Stop machines in an orderly way, and start them again."),
)


def machine() -> typer.Typer:
    """The group of these commands."""
    app = typer.Typer(no_args_is_help=True, help="The hosts of a cluster that is served: list, switch on and off.")
    for name, command, text in _COMMANDS:
        app.command(name, help=text)(command)
    return app
