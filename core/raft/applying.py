"""Carrying out what is committed, in order, a bounded number of entries in one step."""

from core.raft.entries import CommandEntry, MembershipEntry
from core.raft.proposals import Proposals
from core.raft.sessions import Sessions
from core.raft.state import RaftState


class Applier:
    """Moves the applied index towards the commit index."""

    __slots__ = ("_proposals", "_sessions", "_state")

    def __init__(self, state: RaftState, sessions: Sessions, proposals: Proposals) -> None:
        self._state = state
        self._sessions = sessions
        self._proposals = proposals

    def run(self) -> None:
        """Apply what is committed, up to the bound of one step; the caller asks again for the rest."""
        state = self._state
        first_index = state.applied_index + 1
        last_index = state.commit_index
        if last_index - state.applied_index > state.config.apply_count_max:
            last_index = state.applied_index + state.config.apply_count_max
        apply = state.machine.apply
        bytes_left = state.config.apply_bytes_max
        for entry in state.log.slice(first_index, last_index):
            if bytes_left <= 0:
                last_index = entry.index - 1
                break
            bytes_left -= entry.size
            if type(entry) is CommandEntry:
                stamp = entry.stamp
                if stamp is None:
                    apply(entry.index, entry.command)
                    continue
                result = self._sessions.apply(entry, stamp, apply)
                if result is not None:
                    self._proposals.on_applied(stamp, result)
            elif type(entry) is MembershipEntry:
                self._sessions.retain(entry.members)
        state.applied_index = last_index
