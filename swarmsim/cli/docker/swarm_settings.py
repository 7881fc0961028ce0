"""What `swarm init` and `swarm update` may set of a swarm."""

from collections.abc import Mapping
from typing import Annotated, Final

import typer

from swarmsim.cli.docker.amounts import duration_of
from swarmsim.cli.docker.client import DaemonError, Json
from swarmsim.cli.docker.places import put

CertExpiry = Annotated[
    str, typer.Option("--cert-expiry", metavar="DURATION", help="How long certificates of nodes are valid.")
]
Heartbeat = Annotated[
    str, typer.Option("--dispatcher-heartbeat", metavar="DURATION", help="How often nodes say that they are there.")
]
ExternalCa = Annotated[
    list[str] | None, typer.Option("--external-ca", metavar="URL", help="Signer of certificates elsewhere; refused.")
]
MaxSnapshots = Annotated[int | None, typer.Option("--max-snapshots", min=0, help="Older snapshots of Raft to keep.")]
SnapshotInterval = Annotated[
    int | None, typer.Option("--snapshot-interval", min=0, help="Log entries of Raft between snapshots.")
]
TaskHistory = Annotated[
    int | None, typer.Option("--task-history-limit", help="Tasks to remember for each slot, the running one included.")
]

_PLACES: Final = {
    "cert_expiry": "CAConfig.NodeCertExpiry",
    "heartbeat": "Dispatcher.HeartbeatPeriod",
    "max_snapshots": "Raft.KeepOldSnapshots",
    "snapshot_interval": "Raft.SnapshotInterval",
    "task_history": "Orchestration.TaskHistoryRetentionLimit",
    "autolock": "EncryptionConfig.AutoLockManagers",
}
_DURATIONS: Final = ("cert_expiry", "heartbeat")


def settle(spec: Json, said: Mapping[str, Json]) -> bool:
    """Write into a swarm's spec what was said; whether anything was."""
    if said.get("external_ca"):
        raise DaemonError("--external-ca: there is no certificate authority here; leave it out")
    given = {name: value for name, value in said.items() if value not in (None, "", [])}
    for name, value in given.items():
        put(spec, _PLACES[name], duration_of(value) if name in _DURATIONS else value)
    return bool(given)
