"""Draws a whole scenario from a seed: a cluster, its work, faults of every kind, then a liveness phase.

What is drawn is written as a scenario's file and read back before it is played, so that a violation's file is exactly
what was played. The liveness phase holds Raft to its claim: once a majority works and its members hear each other, it
makes progress, whatever the rest does. A random minority of managers is left broken, but where members changed or a
disk was lost: then it may take every host that is left to have a majority.
"""

from pathlib import PurePath

from core.compose.stack import Stack
from core.timing import MS, SECOND
from core.trials.faults import Link
from swarmsim.fuzz.basis import Basis
from swarmsim.fuzz.cluster import draw_cluster, draw_traffic, draw_writers
from swarmsim.fuzz.faults import crash_in_mid_write, deposed_leaders, harm_disk
from swarmsim.fuzz.members import draw_known_by, draw_members, draw_rejoining, is_begun_anew
from swarmsim.fuzz.profiles import PROFILES, Profile
from swarmsim.fuzz.surroundings import lost_reports, surrounding_faults
from swarmsim.fuzz.work import draw_changes, draw_work, images_of, prune
from swarmsim.scenario import steps
from swarmsim.scenario.expectations import Claim, Converged, Expectation, Leader, WriteAcknowledged
from swarmsim.scenario.loader import decode
from swarmsim.scenario.plan import Scenario, StackPlan
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import Group, HostGroup, several
from swarmsim.scenario.writer import write
from swarmsim.yaml_source import parse

CONVERGENCE_NS = 25 * SECOND
"""What a swarm takes under `lan` to have everything run; other timings need what a leader may take on top of it."""


def draw(profile: Profile, seed: int) -> Scenario:
    """The scenario of a seed, always the same."""
    text = write(_scenario(Basis(profile, seed)))
    return decode(parse(f"{file_name(profile, seed)}", text), text, read_stack)


def read_stack(name: str, files: tuple[str, ...]) -> Stack:
    """A stack that profiles deploy, as a scenario's loader asks for it."""
    stack = next(each.stack for each in PROFILES.values() if each.stack is not None and each.stack.name == name)
    return stack.read(name, files)


def file_name(profile: Profile, seed: int) -> str:
    """What a violation's scenario is written to."""
    return str(PurePath(f"fuzz-{profile.name}-{seed}.yaml"))


def _scenario(basis: Basis) -> Scenario:
    profile, stack = basis.profile, basis.profile.stack
    cluster, writers = draw_cluster(basis), draw_writers(basis)
    faults, others = _faults(basis), [*_surroundings(basis), *draw_members(basis), *draw_work(basis)]
    broken = _left_broken(basis)
    anew = is_begun_anew(basis, broken)
    changes = [*draw_changes(basis), *draw_known_by(basis, anew)]
    timeline = [*faults, *others, *broken, *draw_rejoining(basis, faults, broken, anew), *changes]
    timeline = prune(basis, timeline)
    return Scenario(
        name=f"Fuzz {profile.name} {basis.seed}",
        purpose=f"Drawn from seed {basis.seed} by profile {profile.name}; run it with --seed {basis.seed}.",
        cluster=cluster,
        end_ns=profile.faulty_ns + profile.calm_ns,
        images=images_of(stack, timeline),
        deploy=(StackPlan(stack.name, (stack.file,)),) if stack is not None else (),
        traffic=draw_traffic(basis),
        writers=writers,
        timeline=tuple(sorted(timeline, key=lambda step: step.at_ns)),
        expect=_expectations(basis),
    )


def _faults(basis: Basis) -> list[Step]:
    count = basis.rng.randint(*basis.profile.fault_counts)
    faults = [basis.source.fault() for _ in range(count)]
    for _ in range(basis.rng.choice((0, 0, 1, 2, 3))):
        faults += crash_in_mid_write(basis.source)
    for _ in range(basis.rng.choice((0, 0, 1, 2))):
        faults += deposed_leaders(basis.source)
    if basis.harms_disk:
        faults += harm_disk(basis.source, basis.managers, lost=basis.chance.random() < 0.3)
    return faults


def _surroundings(basis: Basis) -> list[Step]:
    profile = basis.profile
    found = surrounding_faults(basis.source_by(basis.chance), basis.racks, containers=profile.stack is not None)
    if profile.stack is not None:
        found += lost_reports(basis.source_by(basis.stream("mute-routes")))
    return found


def _left_broken(basis: Basis) -> list[Step]:
    """A random minority that is not healed: without power, in touch with nobody, only heard, or only hearing."""
    count = basis.rng.randint(0, (basis.manager_count - 1) // 2)
    if not count or basis.members_change or basis.harms_disk:
        return []
    names = sorted(basis.rng.sample(basis.managers, count))
    host = several(names)
    broken: list[steps.Action] = [steps.Kill(host)]
    if basis.profile.stack is None:
        everyone_else = Group(HostGroup.ALL)
        broken += [steps.Isolate(host), steps.Pause(host), steps.FailDisk(host)]
        broken.append(steps.SlowLink(Link(host, everyone_else), basis.profile.pace * 400 * MS))
    action = basis.rng.choice(broken)
    rng = basis.stream("left-broken")
    if basis.profile.timing.raft.pre_vote and basis.profile.stack is None and rng.random() < 0.3:
        others = several([name for name in basis.managers if name not in names])
        action = steps.OneWay(*rng.choice(((host, others), (others, host))))
    return [Step(basis.profile.faulty_ns + 1 * MS, action)]


def _expectations(basis: Basis) -> tuple[Expectation, ...]:
    profile = basis.profile
    after_ns, progress_ns = basis.booted_ns, profile.progress_ns
    claims: list[Claim] = [Leader(after_ns, progress_ns), WriteAcknowledged(after_ns, progress_ns)]
    if profile.stack is not None:
        convergence_ns = CONVERGENCE_NS if profile.pace == 1 else CONVERGENCE_NS + progress_ns
        converges_ns = basis.righted_at_ns if len(profile.stack.again) > 1 else after_ns
        end_ns = profile.faulty_ns + profile.calm_ns
        claims.append(Converged(converges_ns, min(convergence_ns, end_ns - converges_ns)))
    return tuple(Expectation(claim) for claim in claims)
