"""What clients of a cluster of registers were told, judged: linearizable, and what was refused never happened."""

from collections.abc import Hashable
from typing import Any

from linearizability import NEVER_RETURNED, Operation, is_linearizable
from raft_cluster import Cluster
from raft_registers import Get, Put

from core.ids import NodeId, Ticket
from core.raft.effects import OutcomeUnknown, Refused
from core.raft.machine import Rejected
from swarmsim.checks.raft import RaftViolation

KEYS = ("x", "y")
Calls = dict[Ticket, tuple[NodeId, Any]]
"""Every request with the machine that was asked."""


def check_history(cluster: Cluster, calls: Calls) -> None:
    """What clients were told is true: linearizable, and what was refused or rejected never happened."""
    applied_values = {command.value for command in cluster.history.commands.values()}
    for ticket, (_, call) in calls.items():
        result = cluster.result(ticket)
        if isinstance(result, Refused | Rejected) and isinstance(call, Put) and call.value in applied_values:
            raise RaftViolation(f"{call} was answered by {result}, yet it was applied")
    for key in KEYS:
        if not is_linearizable(_operations(cluster, calls, key), 0, register):
            raise RaftViolation(f"the history of {key} is not linearizable: {_operations(cluster, calls, key)}")


def _operations(cluster: Cluster, calls: Calls, key: str) -> list[Operation]:
    operations = []
    for ticket, (_, call) in calls.items():
        reply = cluster.replies.get(ticket)
        if call.key != key or (reply is not None and isinstance(reply[1], Refused)):
            continue
        if reply is None or isinstance(reply[1], OutcomeUnknown):
            if isinstance(call, Put):
                operations.append(Operation(cluster.asked_at[ticket], NEVER_RETURNED, call))
        else:
            operations.append(Operation(cluster.asked_at[ticket], reply[0], call, reply[1]))
    return without_unseen(operations)


def without_unseen(operations: list[Operation]) -> list[Operation]:
    """Leave out writes of unknown outcome that nobody saw: each value is written once, so they explain nothing."""
    seen: set[int] = set()
    for operation in operations:
        if not operation.is_unknown:
            seen.add(operation.outcome.error if isinstance(operation.outcome, Rejected) else operation.outcome.value)
    unknown = [operation for operation in operations if operation.is_unknown]
    kept: list[Operation] = []
    while found := [operation for operation in unknown if operation.call.value in seen]:
        kept += found
        unknown = [operation for operation in unknown if operation.call.value not in seen]
        seen |= {operation.call.expected for operation in found}
    return [operation for operation in operations if not operation.is_unknown] + kept


def register(state: Hashable, call: Any, outcome: Any) -> tuple[bool, Hashable]:
    """One register: a Put answers what was there before, or is rejected with what is there; a Get answers it."""
    if isinstance(call, Get):
        return outcome.value == state, state
    if isinstance(outcome, Rejected):
        return call.expected is not None and call.expected != state and outcome.error == state, state
    if outcome is None:
        return call.expected in (None, state), call.value
    return call.expected in (None, state) and outcome.value == state, call.value
