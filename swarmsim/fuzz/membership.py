"""Changes of what a swarm's members are known by: tokens, keys, addresses; and a swarm that one of them begins anew.

Each is drawn from a source of chance of its own, so that it comes on top of a schedule without changing the rest of it.
"""

from collections.abc import Sequence
from random import Random

from core.timing import MS, SECOND
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import Group, HostGroup, several

UNLOCKED_AFTER: tuple[int, ...] = (0, 3 * SECOND, 6 * SECOND)
"""Once everybody has booted, an operator goes round, and round again for whoever started late."""


def draw_rotations(rng: Random, latest_ns: int) -> list[Step]:
    """In two of five schedules join tokens are rotated once or twice."""
    if rng.random() < 0.6:
        return []
    which = ("worker", "manager", "all")
    return [Step(rng.randrange(1, latest_ns), steps.RotateTokens(rng.choice(which))) for _ in range(rng.randint(1, 2))]


def draw_locks(rng: Random, latest_ns: int, booted_ns: int) -> list[Step]:
    """In one of six, managers lock themselves from the beginning, perhaps not to the end; all are unlocked at last."""
    if rng.random() < 5 / 6:
        return []
    found = [Step(1, steps.Autolock(True))]
    if rng.random() < 0.3:
        found.append(Step(rng.randrange(latest_ns // 2, latest_ns), steps.Autolock(False)))
    locked = Group(HostGroup.LOCKED)
    return found + [Step(booted_ns + after_ns, steps.Unlock(locked)) for after_ns in UNLOCKED_AFTER]


def draw_moves(rng: Random, latest_ns: int, managers: Sequence[str], workers: Sequence[str]) -> list[Step]:
    """In one of three, hosts change their address: of `managers` one, since others have to be found where they were."""
    if rng.random() < 2 / 3:
        return []
    moving = [rng.choice(managers)] if managers else []
    moving += [name for name in workers if rng.random() < 0.5]
    return [Step(rng.randrange(MS, latest_ns), steps.Move(several([name]))) for name in moving]


def draw_beginning_anew(rng: Random, calm_ns: int, booted_ns: int, managers: Sequence[str]) -> list[Step]:
    """All managers but one lose power when the faults are over, and that one begins anew; the others may come back."""
    survivor = rng.choice(managers)
    others = several([name for name in managers if name != survivor])
    found = [
        Step(calm_ns + MS, steps.Kill(others)),
        Step(booted_ns + rng.randint(500, 1_500) * MS, steps.ForceNewCluster(several([survivor]))),
    ]
    if rng.random() < 0.6:
        found.append(Step(booted_ns + rng.randint(2_000, 3_500) * MS, steps.Restart(others)))
    return found


def draw_beginning_apart(rng: Random, calm_ns: int, booted_ns: int, managers: Sequence[str]) -> list[Step]:
    """All managers but two lose power, and these two cannot reach each other: both begin anew before they meet."""
    survivors = rng.sample(managers, 2)
    others = several([name for name in managers if name not in survivors])
    groups = tuple(several([name]) for name in survivors)
    meet_at_ns = booted_ns + rng.randint(1_500, 5_000) * MS
    found = [
        Step(calm_ns + MS, steps.Kill(others)),
        Step(calm_ns + MS, steps.Partition(groups), until_ns=meet_at_ns),
        *(Step(booted_ns + rng.randint(500, 1_500) * MS, steps.ForceNewCluster(group)) for group in groups),
    ]
    if rng.random() < 0.6:
        found.append(Step(booted_ns + rng.randint(2_000, 3_500) * MS, steps.Restart(others)))
    return found
