"""Long random runs of `raft_chaos.Chaos`: storm and calm take turns, then a random majority is mended."""

from random import Random
from typing import Any

from raft_chaos import ON_A_GRID, PEERS_MAX, TIMING, WITHOUT_PRE_VOTE, Chaos
from register_history import KEYS, check_history

from core.timing import MS


def run(seed: int, step_count: int, **config: Any) -> Chaos:
    """A random cluster under random faults for `step_count` steps."""
    rng = Random(f"chaos/{seed}")
    timing = rng.choice((TIMING, TIMING, WITHOUT_PRE_VOTE, ON_A_GRID))
    bounds: dict[str, Any] = {
        "snapshot_entries_count": rng.choice((1, 6, 20, 1000)),
        "log_tail_count": rng.choice((1, 2, 5)),
        "apply_count_max": rng.choice((1, 3, 2048)),
        "apply_bytes_max": rng.choice((1, 100, 256 * 1024)),
        "append_entries_max": rng.choice((1, 4, 4096)),
        "inflight_count_max": rng.choice((1, 64)),
        "promotion_lag_count": rng.choice((0, 64)),
    }
    chaos = Chaos(
        rng.choice((1, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7)), rng.choice((0, 0, 1, 2)), seed, timing, **{**bounds, **config}
    )
    mood = Mood(rng)
    for _ in range(step_count):
        mood.act(chaos)
    chaos.heal_quorum(rng)
    chaos.expect_progress()
    check_history(chaos.cluster, chaos.calls)
    return chaos


class Mood:
    """A random mix of deeds that changes now and then: calm, or a storm in which some never happen, some often."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left = 0
        self._weights: list[int] = []

    def act(self, chaos: Chaos) -> None:
        if self._left == 0:
            self._change()
        self._left -= 1
        rng = self._rng
        (deed,) = rng.choices(DEEDS, self._weights)
        deed(chaos, rng)

    def _change(self) -> None:
        rng = self._rng
        self._left = rng.randint(20, 200)
        stormy = rng.random() < 0.7
        self._weights = [weight * (rng.choice((0, 1, 1, 4)) if stormy else int(calm)) for weight, calm, _ in TABLE]
        self._weights[0] = self._weights[0] or 1


TABLE: list[tuple[int, bool, Any]] = [
    # (weight, also in calm, deed)
    (60, True, lambda chaos, rng: chaos.deliver(0)),
    (20, False, lambda chaos, rng: chaos.deliver(rng.randrange(1000))),
    (6, False, lambda chaos, rng: chaos.drop(rng.randrange(1000))),
    (4, False, lambda chaos, rng: chaos.duplicate(rng.randrange(1000))),
    (20, True, lambda chaos, rng: chaos.deliver_all(rng.choice((3, 10, 40)))),
    (30, True, lambda chaos, rng: chaos.sync(rng.randrange(100), rng.choice((None, None, 1)))),
    (8, True, lambda chaos, rng: chaos.sync_all()),
    (6, True, lambda chaos, rng: chaos.wait(rng.choice((1, 20, 50, 120)) * MS)),
    (1, True, lambda chaos, rng: chaos.wait(rng.choice((300, 700)) * MS)),
    (2, False, lambda chaos, rng: chaos.timeout(rng.randrange(100))),
    (2, False, lambda chaos, rng: chaos.crash(rng.randrange(100), rng.choice((0, 0, 1, 3)), rng.random() < 0.5)),
    (4, True, lambda chaos, rng: chaos.restart(rng.randrange(100))),
    (1, False, lambda chaos, rng: chaos.pause(rng.randrange(100))),
    (3, True, lambda chaos, rng: chaos.resume()),
    (1, False, lambda chaos, rng: chaos.partition(rng.randrange(1 << PEERS_MAX))),
    (1, False, lambda chaos, rng: chaos.cut(rng.randrange(100), rng.randrange(100))),
    (3, True, lambda chaos, rng: chaos.heal()),
    (6, True, lambda chaos, rng: chaos.put(rng.randrange(100), rng.choice(KEYS))),
    (4, True, lambda chaos, rng: chaos.compare_and_set(rng.randrange(100), rng.choice(KEYS), rng.randrange(100))),
    (5, True, lambda chaos, rng: chaos.get(rng.randrange(100), rng.choice(KEYS))),
    (2, True, lambda chaos, rng: chaos.change_membership(rng.randrange(100), rng.randrange(100))),
    (1, True, lambda chaos, rng: chaos.transfer(rng.randrange(100))),
    (1, False, lambda chaos, rng: chaos.storage(rng.randrange(100), low=True)),
    (2, True, lambda chaos, rng: chaos.storage(rng.randrange(100), low=False)),
]
DEEDS = [deed for _, _, deed in TABLE]
