"""Stories of a cluster as data: prose, commands, `----`, and what is seen then (`stories/*.txt`).

A paragraph without `----` is prose. `REWRITE_STORIES=1` writes what is seen into the files, to be read and judged.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from raft_cluster import Cluster
from raft_registers import Get, Put

from core.ids import Address, NodeId, Ticket
from core.raft.effects import Applied, OutcomeUnknown, Refused
from core.raft.events import TransferLeadership
from core.raft.machine import Rejected
from core.raft.members import AddLearner, AddMember, RemoveMember
from core.timing import MS

STORIES = sorted((Path(__file__).parent / "stories").glob("*.txt"))


class Teller:
    """Carries out the commands of one story."""

    def __init__(self) -> None:
        self.cluster = Cluster(1)
        self.asked: dict[str, Ticket] = {}
        self._facts_shown = 0

    def tell(self, line: str) -> list[str]:
        """Carry out one command; what it shows."""
        name, *words = line.split()
        command: Callable[..., list[str] | None] = getattr(self, f"_do_{name}")
        return command(*words) or []

    def _do_cluster(self, voter_count: str, *settings: str) -> None:
        config: dict[str, Any] = {name: int(value) for name, value in (setting.split("=") for setting in settings)}
        self.cluster = Cluster(int(voter_count), config.pop("learners", 0), **config)

    def _do_elect(self, node_id: str) -> None:
        self.cluster.elect(NodeId(node_id))
        self._facts_shown = len(self.cluster.facts)

    def _do_wait(self, milliseconds: str) -> None:
        self.cluster.pass_time(int(milliseconds) * MS)

    def _do_crash(self, *node_ids: str) -> None:
        self.cluster.crash_all(map(NodeId, node_ids))

    def _do_start(self, *node_ids: str) -> None:
        for node_id in map(NodeId, node_ids):
            if node_id in self.cluster.peers:
                self.cluster.start(node_id)
            else:
                self.cluster.add_peer(node_id)

    def _do_slow_disk(self, *node_ids: str) -> None:
        """From now on disks finish only when told to."""
        self.cluster.auto_sync = False

    def _do_sync(self, *node_ids: str) -> None:
        for node_id in map(NodeId, node_ids):
            self.cluster.sync(node_id)
            self.cluster.exchange()

    def _do_partition(self, *words: str) -> None:
        sides = " ".join(words).split("|")
        self.cluster.partition(*([NodeId(word) for word in side.split()] for side in sides))

    def _do_heal(self) -> None:
        self.cluster.heal()

    def _do_deliver(self) -> None:
        self.cluster.exchange()

    def _do_put(self, label: str, node_id: str, key: str, value: str, expected: str | None = None) -> None:
        request = Put(key, int(value), None if expected is None else int(expected))
        self.asked[label] = self.cluster.propose(NodeId(node_id), request)

    def _do_get(self, label: str, node_id: str, key: str) -> None:
        self.asked[label] = self.cluster.read(NodeId(node_id), Get(key))

    def _do_add(self, label: str, leader: str, node_id: str) -> None:
        change = AddMember(NodeId(node_id), Address(f"{node_id}:2377"))
        self.asked[label] = self.cluster.change(NodeId(leader), change)

    def _do_add_learner(self, label: str, leader: str, node_id: str) -> None:
        change = AddLearner(NodeId(node_id), Address(f"{node_id}:2377"))
        self.asked[label] = self.cluster.change(NodeId(leader), change)

    def _do_remove(self, label: str, leader: str, node_id: str) -> None:
        self.asked[label] = self.cluster.change(NodeId(leader), RemoveMember(NodeId(node_id)))

    def _do_transfer(self, node_id: str, to: str) -> None:
        self.cluster.step(NodeId(node_id), TransferLeadership(NodeId(to)))

    # --- what is seen -------------------------------------------------------------------------------------------

    def _do_peers(self) -> list[str]:
        return [self._peer(node_id) for node_id in self.cluster.peers]

    def _peer(self, node_id: NodeId) -> str:
        node = self.cluster.peers[node_id].node
        if node is None:
            return f"{node_id}: down"
        log = " ".join(str(node.log.term_at(index)) for index in range(node.log.first_index, node.last_index + 1))
        cut = f"..{node.log.base_index} " if node.log.base_index else ""
        held = self.cluster.peers[node_id].machine.committed
        return (
            f"{node_id}: {node.role.value} in term {node.term}, log {cut}[{log}], "
            f"committed {node.commit_index}, holds {held}"
        )

    def _do_members(self, node_id: str) -> list[str]:
        return [
            f"{member.id} {'votes' if member.voter else 'learns'}"
            for member in self.cluster.node(NodeId(node_id)).members
        ]

    def _do_answer(self, *labels: str) -> list[str]:
        return [f"{label}: {_result(self.cluster.result(self.asked[label]))}" for label in labels]

    def _do_letters(self) -> list[str]:
        return [f"{letter.sender} -> {letter.to} {_message(letter.message)}" for letter in self.cluster.letters]

    def _do_facts(self) -> list[str]:
        facts = self.cluster.facts[self._facts_shown :]
        self._facts_shown = len(self.cluster.facts)
        return [f"{node_id} {type(fact).__name__}" for node_id, fact in facts]


def _result(result: Any) -> str:
    match result:
        case None:
            return "no answer yet"
        case Applied(index=index, value=value):
            return f"done at {index}, {value}"
        case Rejected(error=error):
            return f"rejected, holds {error}"
        case Refused(reason=reason):
            return f"refused: {reason}"
        case OutcomeUnknown(reason=reason):
            return f"outcome unknown: {reason}"
    raise AssertionError(result)


def _message(message: Any) -> str:
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    if "entries" in fields:
        fields["entries"] = len(message.entries)
    return f"{type(message).__name__}({', '.join(f'{name}={value}' for name, value in fields.items())})"


def retell(story: str) -> str:
    """The story with what is seen now."""
    teller = Teller()
    paragraphs = []
    for paragraph in story.strip().split("\n\n"):
        commands, separator, _ = paragraph.partition("\n----")
        if separator:
            seen = [line for command in commands.split("\n") for line in teller.tell(command)]
            paragraph = "\n".join([commands, "----", *seen])
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs) + "\n"


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_comes_true(path: Path) -> None:
    story = path.read_text()
    told = retell(story)
    if os.environ.get("REWRITE_STORIES"):
        path.write_text(told)
    assert told == story


def test_there_are_stories_and_they_can_fail() -> None:
    assert len(STORIES) >= 5
    untrue = "cluster 1\nwait 1000\npeers\n----\nn1: down\n"
    assert retell(untrue) != untrue
