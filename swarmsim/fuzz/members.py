"""Draws what becomes of a swarm's members: who joins, changes its role, leaves, comes back, is known otherwise."""

from core.timing import MS
from swarmsim.fuzz.basis import Basis
from swarmsim.fuzz.membership import draw_beginning_anew, draw_beginning_apart, draw_locks, draw_moves, draw_rotations
from swarmsim.fuzz.rejoining import back_after_loss, comings_and_goings
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import several


def draw_members(basis: Basis) -> list[Step]:
    """Joins in any case; who leaves for good is one manager at most, so that a majority is left."""
    rng, source = basis.rng, basis.source
    if not basis.members_change:
        return []
    changes: list[steps.Action] = [steps.Join(rng.randint(0, 2), 1)]
    if rng.random() < 0.5:
        changes.append(steps.Join(rng.randint(1, 2)))
    if basis.manager_count >= 3:
        host = several([rng.choice(basis.managers)])
        changes.append(rng.choice((steps.Demote(host), steps.RemoveNode(host), steps.Leave(host))))
    if basis.workers:
        host = several([rng.choice(basis.workers)])
        changes.append(rng.choice((steps.Promote(host), steps.Drain(host), steps.RemoveNode(host))))
    return [Step(source.instant(), change) for change in changes] + _to_and_fro(basis)


def _to_and_fro(basis: Basis) -> list[Step]:
    """Hosts that change their role and change back: each promotion makes a new Raft member of an old host."""
    rng, steps_made = basis.rng, []
    for _ in range(rng.randint(0, 2)):
        manager = rng.random() < 0.5 or not basis.workers
        host = several([rng.choice(basis.managers if manager else basis.workers)])
        there_at_ns = basis.source.instant()
        back_at_ns = min(there_at_ns + basis.source.lapse(100, 6_000), basis.profile.faulty_ns - 100 * MS)
        there, back = (steps.Demote, steps.Promote) if manager else (steps.Promote, steps.Demote)
        steps_made += [Step(there_at_ns, there(host)), Step(back_at_ns, back(host))]
    return steps_made


def draw_rejoining(basis: Basis, faults: list[Step], broken: list[Step], anew: bool) -> list[Step]:
    """In half of the schedules in which members do not change anyhow; managers only where all are well at last."""
    rng = basis.stream("rejoining")
    if rng.random() < 0.5 or basis.members_change:
        return []
    source = basis.source_by(rng)
    if basis.harms_disk:
        return back_after_loss(source, faults)
    spares_one = basis.manager_count >= 3 and not broken and not anew
    return comings_and_goings(source, basis.managers if spares_one else (), basis.workers)


def is_begun_anew(basis: Basis, broken: list[Step]) -> bool:
    """Whether one manager, or two apart, do without the others at last: where no other manager is lost for good."""
    if basis.profile.stack is not None or basis.manager_count < 3 or broken or basis.members_change or basis.harms_disk:
        return False
    return basis.stream("anew").random() < 0.3


def draw_known_by(basis: Basis, anew: bool) -> list[Step]:
    """What members are known by changes, perhaps even the swarm."""
    latest_ns, calm_ns, booted_ns = basis.source.latest_ns, basis.profile.faulty_ns, basis.booted_ns
    found = draw_rotations(basis.stream("tokens"), latest_ns)
    if not basis.members_change:  # nobody unlocks a manager that an operator has given up, and may have in vain
        found += draw_locks(basis.stream("locks"), latest_ns, booted_ns)
    stay = basis.manager_count >= 3 and not basis.members_change
    found += draw_moves(basis.stream("moves"), latest_ns, basis.managers if stay else (), basis.workers)
    if anew and basis.stream("apart").random() < 0.5:
        found += draw_beginning_apart(basis.stream("survivors"), calm_ns, booted_ns, basis.managers)
    elif anew:
        found += draw_beginning_anew(basis.stream("survivor"), calm_ns, booted_ns, basis.managers)
    return found
