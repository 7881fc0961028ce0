"""When each machine of a host wants to be woken, asked again only of those to which something happened.

A host takes many steps for each of its timers, and a machine that took no part in a step has not changed its mind.
"""

from typing import Final

from core.machines import Machines
from core.membership import Membership
from core.timing import NEVER

RAFT: Final = 1
AGENT: Final = 2
MANAGER: Final = 4
ALL: Final = RAFT | AGENT | MANAGER
"""Which machines something happened to in a step, as a set of bits: only these are looked after at its end."""


class Wakeups:
    """Absolute times, `NEVER` for a machine that wants nothing or is not there; membership is asked every time."""

    __slots__ = ("_machines", "_membership", "agent_at", "earliest_at", "manager_at", "raft_at")

    def __init__(self, machines: Machines, membership: Membership) -> None:
        self._machines = machines
        self._membership = membership
        self.raft_at = NEVER
        self.agent_at = NEVER
        self.manager_at = NEVER
        self.earliest_at = NEVER

    def membership_due(self, now: int) -> bool:
        """Whether membership wants to be woken by now."""
        return _at(self._membership.deadline()) <= now

    def note(self, ran: int, accepting: bool) -> None:
        """Ask those in `ran`; the manager goes by whether the log is `accepting` commands."""
        machines = self._machines
        if ran & RAFT:
            self.raft_at = _at(machines.raft.deadline()) if machines.raft is not None else NEVER
        if ran & AGENT:
            self.agent_at = _at(machines.agent.deadline()) if machines.agent is not None else NEVER
        if ran & MANAGER:
            manager = machines.manager
            self.manager_at = _at(manager.deadline(accepting)) if manager is not None else NEVER
        self.earliest_at = min(self.raft_at, self.agent_at, self.manager_at, _at(self._membership.deadline()))

    def check_invariants(self, accepting: bool) -> None:
        """Whoever was not asked has not changed its mind."""
        known = (self.raft_at, self.agent_at, self.manager_at, self.earliest_at)
        self.note(ALL, accepting)
        afresh = (self.raft_at, self.agent_at, self.manager_at, self.earliest_at)
        assert known == afresh, (known, afresh)


def _at(deadline: int | None) -> int:
    return NEVER if deadline is None else deadline
