"""`swarmsim swarm`: founding a swarm, joining and leaving it, its settings and keys."""

import sys
from typing import Annotated, Final

import typer

from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import Daemon, DaemonError
from swarmsim.cli.docker.groups import group
from swarmsim.cli.docker.swarm_settings import (
    CertExpiry,
    ExternalCa,
    Heartbeat,
    MaxSnapshots,
    SnapshotInterval,
    TaskHistory,
    settle,
)

_JOIN: Final = (
    "To add a {role} to this swarm, run the following command:\n\n    swarmsim swarm join --token {token} {addr}\n"
)
_UNLOCK: Final = """\
To unlock a swarm manager after it restarts, run the `swarmsim swarm unlock`
command and provide the following key:

    {key}

Remember to store this key in a password manager, since without it you
will not be able to restart the manager.
"""
_ROLES: Final = ("worker", "manager")

AdvertiseAddr = Annotated[
    str, typer.Option("--advertise-addr", metavar="ADDRESS", help="Where others reach this host: an address[:port].")
]
ListenAddr = Annotated[str, typer.Option("--listen-addr", metavar="ADDRESS", help="Where this host listens.")]
DataPathAddr = Annotated[
    str, typer.Option("--data-path-addr", metavar="ADDRESS", help="Where others send this host containers' traffic.")
]
Availability = Annotated[
    str, typer.Option("--availability", metavar="active|pause|drain", help="What the node is available for.")
]
OnlyKey = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing else.")]
Rotate = Annotated[bool, typer.Option("--rotate", help="Have another one from now on.")]


def init(
    context: typer.Context,
    advertise_addr: AdvertiseAddr = "",
    autolock: Annotated[bool, typer.Option("--autolock", help="Lock managers that restart.")] = False,
    availability: Availability = "active",
    cert_expiry: CertExpiry = "",
    data_path_addr: DataPathAddr = "",
    data_path_port: Annotated[int, typer.Option(help="Port of containers' traffic; 0: 4789.")] = 0,
    default_addr_pool: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Addresses for networks; repeatable.")
    ] = None,
    default_addr_pool_mask_length: Annotated[int, typer.Option(help="Prefix length of a network's share.")] = 24,
    dispatcher_heartbeat: Heartbeat = "",
    external_ca: ExternalCa = None,
    force_new_cluster: Annotated[
        bool, typer.Option("--force-new-cluster", help="Begin anew with what this manager knows.")
    ] = False,
    listen_addr: ListenAddr = "0.0.0.0:2377",
    max_snapshots: MaxSnapshots = None,
    snapshot_interval: SnapshotInterval = None,
    task_history_limit: TaskHistory = None,
) -> None:
    """Found a swarm, with this host as its first manager."""
    spec: dict[str, object] = {}
    settle(
        spec,
        {
            "autolock": autolock or None,
            "cert_expiry": cert_expiry,
            "external_ca": external_ca,
            "heartbeat": dispatcher_heartbeat,
            "max_snapshots": max_snapshots,
            "snapshot_interval": snapshot_interval,
            "task_history": task_history_limit,
        },
    )
    asked = daemon(context)
    node_id = asked.post(
        "/swarm/init",
        {
            "ListenAddr": listen_addr,
            "AdvertiseAddr": advertise_addr,
            "DataPathAddr": data_path_addr,
            "DataPathPort": data_path_port,
            "DefaultAddrPool": default_addr_pool or None,
            "SubnetSize": default_addr_pool_mask_length,
            "ForceNewCluster": force_new_cluster,
            "AutoLockManagers": autolock,
            "Availability": availability,
            "Spec": spec,
        },
    )
    print(f"Swarm initialized: current node ({node_id}) is now a manager.\n")
    _print_join(asked, "worker")
    print("To add a manager to this swarm, run 'swarmsim swarm join-token manager' and follow the instructions.\n")
    if autolock:
        print(_UNLOCK.format(key=_unlock_key(asked)), end="")


def join(
    context: typer.Context,
    remote: Annotated[str, typer.Argument(metavar="HOST:PORT", show_default=False)],
    token: Annotated[str, typer.Option("--token", help="What lets it in, as `swarm join-token` shows.")] = "",
    advertise_addr: AdvertiseAddr = "",
    availability: Availability = "active",
    data_path_addr: DataPathAddr = "",
    listen_addr: ListenAddr = "0.0.0.0:2377",
) -> None:
    """Have this host join the swarm of a manager."""
    asked = daemon(context)
    asked.post(
        "/swarm/join",
        {
            "ListenAddr": listen_addr,
            "AdvertiseAddr": advertise_addr,
            "DataPathAddr": data_path_addr,
            "RemoteAddrs": [remote],
            "JoinToken": token,
            "Availability": availability,
        },
    )
    role = "manager" if asked.get("/info")["Swarm"]["ControlAvailable"] else "worker"
    print(f"This node joined a swarm as a {role}.")


def join_token(
    context: typer.Context,
    role: Annotated[str, typer.Argument(metavar="worker|manager", show_default=False)],
    rotate: Rotate = False,
    quiet: OnlyKey = False,
) -> None:
    """Show what lets workers or managers join."""
    if role not in _ROLES:
        raise DaemonError("unknown role " + role)
    asked = daemon(context)
    if rotate:
        _update(asked, **{f"rotate{role.capitalize()}Token": True})
        if not quiet:
            print(f"Successfully rotated {role} join token.\n")
    if quiet:
        print(_token(asked, role))
    else:
        _print_join(asked, role)


def leave(
    context: typer.Context,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Even a manager, whatever becomes of the swarm.")
    ] = False,
) -> None:
    """Have this host leave its swarm."""
    daemon(context).post("/swarm/leave", force=force)
    print("Node left the swarm.")


def update(
    context: typer.Context,
    autolock: Annotated[
        bool | None, typer.Option("--autolock/--no-autolock", help="Lock managers that restart.", show_default=False)
    ] = None,
    cert_expiry: CertExpiry = "",
    dispatcher_heartbeat: Heartbeat = "",
    external_ca: ExternalCa = None,
    max_snapshots: MaxSnapshots = None,
    snapshot_interval: SnapshotInterval = None,
    task_history_limit: TaskHistory = None,
) -> None:
    """Change the swarm's settings."""
    asked = daemon(context)
    swarm = asked.get("/swarm")
    changed = settle(
        swarm["Spec"],
        {
            "autolock": autolock,
            "cert_expiry": cert_expiry,
            "external_ca": external_ca,
            "heartbeat": dispatcher_heartbeat,
            "max_snapshots": max_snapshots,
            "snapshot_interval": snapshot_interval,
            "task_history": task_history_limit,
        },
    )
    if not changed:
        print(context.get_help())
        return
    asked.post("/swarm/update", swarm["Spec"], version=swarm["Version"]["Index"])
    print("Swarm updated.")
    if autolock:
        print(_UNLOCK.format(key=_unlock_key(asked)), end="")


def unlock(context: typer.Context) -> None:
    """Unlock this manager, which has restarted, with a key from the terminal or standard input."""
    if sys.stdin.isatty():
        key = typer.prompt("Enter unlock key", hide_input=True, prompt_suffix=": ")
    else:
        key = sys.stdin.readline().strip()
    daemon(context).post("/swarm/unlock", {"UnlockKey": key})


def unlock_key(context: typer.Context, rotate: Rotate = False, quiet: OnlyKey = False) -> None:
    """Show what unlocks managers."""
    asked = daemon(context)
    if rotate:
        if not asked.get("/swarm")["Spec"]["EncryptionConfig"]["AutoLockManagers"]:
            raise DaemonError("cannot rotate because autolock is not turned on")
        _update(asked, rotateManagerUnlockKey=True)
        if not quiet:
            print("Successfully rotated manager unlock key.\n")
    key = _unlock_key(asked)
    if not key:
        raise DaemonError("no unlock key is set")
    print(key if quiet else _UNLOCK.format(key=key), end="\n" if quiet else "")


def _update(asked: Daemon, **rotations: bool) -> None:
    swarm = asked.get("/swarm")
    asked.post("/swarm/update", swarm["Spec"], version=swarm["Version"]["Index"], **rotations)


def _print_join(asked: Daemon, role: str) -> None:
    own_id = asked.get("/info")["Swarm"]["NodeID"]
    address = (asked.get(f"/nodes/{own_id}").get("ManagerStatus") or {}).get("Addr", "")
    print(_JOIN.format(role=role, token=_token(asked, role), addr=address))


def _token(asked: Daemon, role: str) -> str:
    return str(asked.get("/swarm")["JoinTokens"][role.capitalize()])


def _unlock_key(asked: Daemon) -> str:
    return str(asked.get("/swarm/unlockkey")["UnlockKey"])


SWARM: Final = group(
    "swarm",
    "Found, join and manage a swarm, as docker swarm does.",
    {
        "init": init,
        "join": join,
        "join-token": join_token,
        "leave": leave,
        "update": update,
        "unlock": unlock,
        "unlock-key": unlock_key,
    },
)
