"""Arithmetic of slots: which numbers are free, which slots to keep when there are too many, and sets of slots."""

from collections.abc import Container, Iterator
from typing import TypeVar

from core.ids import NodeId
from core.objects.task import Task, TaskState

Slots = dict[int, list[Task]]
"""Slot number -> its tasks, at least one each."""
SlotT = TypeVar("SlotT")
"""However a slot is named: by number within a service, or by its key."""


def free_numbers(taken: Container[int]) -> Iterator[int]:
    """Slot numbers from 1 that are not taken, lowest first, without end."""
    number = 0
    while True:
        number += 1
        if number not in taken:
            yield number


def in_order_of_keeping(slots: Slots) -> list[int]:
    """Slot numbers, the first to be kept first (swarm.md §3.3).

    Slots without a node come last. Of the others the n-th copies on each node come before the (n+1)-th ones, so
    that what is kept is spread evenly; among equals running tasks come first, then low numbers.
    """
    copies: dict[NodeId, int] = {}
    ranked: list[tuple[bool, int, bool, int]] = []
    for number in sorted(slots, key=lambda number: (not _runs(slots[number]), number)):
        node_id = slots[number][0].node_id if len(slots[number]) == 1 else NodeId("")
        rank = 0
        if node_id:
            rank = copies[node_id] = copies.get(node_id, 0) + 1
        ranked.append((not node_id, rank, not _runs(slots[number]), number))
    return [number for *_, number in sorted(ranked)]


def file(slot: SlotT, slots: dict[SlotT, None], belongs: bool) -> None:
    """Have a slot in this ordered set if it belongs there, and else not; who is there already keeps the place."""
    if belongs:
        slots[slot] = None
    else:
        slots.pop(slot, None)


def _runs(tasks: list[Task]) -> bool:
    return any(task.status.state is TaskState.RUNNING for task in tasks)
