"""The phases of a host: a complete table, drawn in docs/machines/host.md as it is, and no way past it."""

import pytest
from repository import ROOT
from swarm import formed

from core.durable import Identity
from core.ids import NodeId
from core.phases import TRANSITIONS, HostPhase, HostStimulus, phase_at_start

EDGES = [(phase, stimulus, to) for phase, row in TRANSITIONS.items() for stimulus, to in row.items()]
STARTS = [
    phase_at_start(identity)
    for identity in (
        Identity(),
        Identity(NodeId("n")),
        Identity(NodeId("n"), raft_id=NodeId("r")),
        Identity(NodeId("n"), raft_id=NodeId("r"), key_check="k"),
    )
]


def test_every_phase_has_its_row_and_every_stimulus_its_place() -> None:
    assert set(TRANSITIONS) == set(HostPhase)
    assert {stimulus for _, stimulus, _ in EDGES} == set(HostStimulus)


def test_every_phase_is_reached_from_a_start_and_left_again_for_inactive() -> None:
    for begin, edges in (
        (set(STARTS), [(phase, to) for phase, _, to in EDGES]),
        ({HostPhase.INACTIVE}, [(to, phase) for phase, _, to in EDGES]),
    ):
        reached = begin
        for _ in HostPhase:
            reached |= {to for phase, to in edges if phase in reached}
        assert reached == set(HostPhase)


def test_what_the_table_does_not_list_cannot_happen() -> None:
    membership = formed(1, 1).host("w1").membership
    assert membership.phase is HostPhase.WORKER
    with pytest.raises(AssertionError, match="DEMOTED"):
        membership.standing.move(HostStimulus.DEMOTED)


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    starts = [f"    [*] --> {phase.value}" for phase in STARTS]
    moves = [f"    {phase.value} --> {to.value}: {stimulus.value}" for phase, stimulus, to in EDGES]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", *starts, *moves, "```"])
    assert diagram in (ROOT / "docs" / "machines" / "host.md").read_text()
