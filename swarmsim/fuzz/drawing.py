"""Draws a whole scenario from a seed: a cluster, its work, faults of every kind, then a liveness phase.

What is drawn is written as a scenario's file and read back before it is played, so that a violation's file is exactly
what was played. The liveness phase holds Raft to its claim: once a majority works and its members hear each other, it
makes progress, whatever the rest does. A random minority of managers is left broken, but where members changed or a
disk was lost: then it may take every host that is left to have a majority.
"""

from pathlib import PurePath
from random import Random

from msgspec.structs import replace

from core.compose.stack import Stack
from core.timing import MS, SECOND
from core.trials.faults import Link
from swarmsim.fuzz.faults import FaultSource, crash_in_mid_write, deposed_leaders, harm_disk, task_fault
from swarmsim.fuzz.membership import draw_beginning_anew, draw_beginning_apart, draw_locks, draw_moves, draw_rotations
from swarmsim.fuzz.profiles import PROFILES, Profile
from swarmsim.fuzz.rejoining import back_after_loss, comings_and_goings
from swarmsim.fuzz.stack import FuzzStack
from swarmsim.fuzz.surroundings import draw_racks, lost_reports, surrounding_faults
from swarmsim.fuzz.updates import draw_deployments, draw_mistakes, draw_righting, draw_updates
from swarmsim.scenario import steps
from swarmsim.scenario.expectations import Claim, Converged, Expectation, Leader, WriteAcknowledged
from swarmsim.scenario.loader import decode
from swarmsim.scenario.plan import (
    ClusterPlan,
    DiskPlan,
    ImagePlan,
    NetworkPlan,
    NodeLabels,
    Scenario,
    StackPlan,
    TrafficPlan,
    WriterPlan,
    manager_names,
    worker_names,
)
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import Group, HostGroup, several
from swarmsim.scenario.writer import write
from swarmsim.yaml_source import parse

BOOT_NS = 2500 * MS
"""What a machine takes to be back after its power is, a little rounded up."""
CONVERGENCE_NS = 25 * SECOND
"""What a swarm takes under `lan` to have everything run; other timings need what a leader may take on top of it."""


def draw(profile: Profile, seed: int) -> Scenario:
    """The scenario of a seed, always the same."""
    text = write(_Drawing(profile, seed).scenario())
    return decode(parse(f"{file_name(profile, seed)}", text), text, read_stack)


def read_stack(name: str, files: tuple[str, ...]) -> Stack:
    """A stack that profiles deploy, as a scenario's loader asks for it."""
    stack = next(each.stack for each in PROFILES.values() if each.stack is not None and each.stack.name == name)
    return stack.read(name, files)


def file_name(profile: Profile, seed: int) -> str:
    """What a violation's scenario is written to."""
    return str(PurePath(f"fuzz-{profile.name}-{seed}.yaml"))


class _Drawing:
    def __init__(self, profile: Profile, seed: int) -> None:
        self._profile = profile
        self._seed = seed
        rng = self._rng = Random(f"fuzz/{profile.name}/{seed}")
        self._manager_count = rng.choice(profile.manager_counts)
        self._worker_count = rng.randint(*profile.worker_counts)
        self._managers = manager_names(self._manager_count)
        self._workers = worker_names(self._worker_count)
        self._source = self._another_source(rng)
        chance = self._chance = Random(f"fuzz/{profile.name}/{seed}/surroundings")
        self._racks = draw_racks(chance, [*self._managers, *self._workers])
        self._members_change = profile.members_change and rng.random() < 0.4
        self._harms_disk = self._manager_count >= 3 and not self._members_change and rng.random() < 0.35

    def scenario(self) -> Scenario:
        profile, stack = self._profile, self._profile.stack
        cluster, writers = self._cluster(), self._writers()
        faults, others = self._faults(), [*self._surroundings(), *self._members(), *self._work()]
        broken = self._left_broken()
        anew = self._is_begun_anew(broken)
        changes = [*self._updates(), *self._known_by(anew)]
        timeline = [*faults, *others, *broken, *self._rejoining(faults, broken, anew), *changes]
        timeline = self._pruning(timeline)
        return Scenario(
            name=f"Fuzz {profile.name} {self._seed}",
            purpose=f"Drawn from seed {self._seed} by profile {profile.name}; run it with --seed {self._seed}.",
            cluster=cluster,
            end_ns=profile.faulty_ns + profile.calm_ns,
            images=self._images(timeline),
            deploy=(StackPlan(stack.name, (stack.file,)),) if stack is not None else (),
            traffic=self._traffic(),
            writers=writers,
            timeline=tuple(sorted(timeline, key=lambda step: step.at_ns)),
            expect=self._expectations(),
        )

    def _cluster(self) -> ClusterPlan:
        rng = self._rng
        bad = rng.random() < 0.3
        return ClusterPlan(
            manager_count=self._manager_count,
            worker_count=self._worker_count,
            timing=self._profile.timing.name,
            network=NetworkPlan(
                latency_ns=rng.choice((100, 250, 1000, 5000)) * 1000,
                jitter_ns=rng.choice((0, 50, 90)) * 1000,
                loss_ratio=rng.choice((0.001, 0.01, 0.05)) if bad else 0.0,
                duplicate_ratio=rng.choice((0.0, 0.01, 0.05)) if bad else 0.0,
                reorder_ratio=rng.choice((0.0, 0.01, 0.05)) if bad else 0.0,
            ),
            racks=self._racks,
            labels=self._zones(),
            disk=DiskPlan(write_ns=20_000, sync_ns=rng.choice((100, 500, 2_000, 10_000, 50_000, 150_000)) * 1000),
            snapshot_every=rng.choice((8, 40, 200, 10_000)),
            wire_codec=rng.random() < 0.1,
        )

    def _zones(self) -> tuple[NodeLabels, ...]:
        zones = self._profile.stack.zones if self._profile.stack is not None else ()
        hosts = [*self._managers, *self._workers] if zones else []
        return tuple(NodeLabels(host, {"zone": zones[place % len(zones)]}) for place, host in enumerate(hosts))

    def _writers(self) -> tuple[WriterPlan, ...]:
        rng = self._rng
        return tuple(
            WriterPlan(
                f"writer-{number}",
                rate_per_s=rng.choice((2, 5, 10, 20)) / self._profile.pace,
                read_rate_per_s=rng.choice((1, 5, 10)) / self._profile.pace,
                value_bytes=rng.choice((16, 128, 4096)),
            )
            for number in range(1, rng.randint(1, 3) + 1)
        )

    def _traffic(self) -> tuple[TrafficPlan, ...]:
        if self._profile.stack is None:
            return ()
        rate_per_s = self._rng.choice((5, 20, 50)) / self._profile.pace
        return (replace(self._profile.stack.clients, rate_per_s=rate_per_s),)

    def _faults(self) -> list[Step]:
        count = self._rng.randint(*self._profile.fault_counts)
        faults = [self._source.fault() for _ in range(count)]
        for _ in range(self._rng.choice((0, 0, 1, 2, 3))):
            faults += crash_in_mid_write(self._source)
        for _ in range(self._rng.choice((0, 0, 1, 2))):
            faults += deposed_leaders(self._source)
        if self._harms_disk:
            faults += harm_disk(self._source, self._managers, lost=self._chance.random() < 0.3)
        return faults

    def _surroundings(self) -> list[Step]:
        profile = self._profile
        found = surrounding_faults(
            self._another_source(self._chance), self._racks, containers=profile.stack is not None
        )
        if profile.stack is not None:
            found += lost_reports(self._another_source(Random(f"fuzz/{profile.name}/{self._seed}/mute-routes")))
        return found

    def _another_source(self, rng: Random) -> FaultSource:
        return FaultSource(rng, self._managers, self._workers, self._profile.faulty_ns, self._profile.pace)

    def _members(self) -> list[Step]:
        """Joins in any case; who leaves for good is one manager at most, so that a majority is left."""
        rng, source = self._rng, self._source
        if not self._members_change:
            return []
        changes: list[steps.Action] = [steps.Join(rng.randint(0, 2), 1)]
        if rng.random() < 0.5:
            changes.append(steps.Join(rng.randint(1, 2)))
        if self._manager_count >= 3:
            host = several([rng.choice(self._managers)])
            changes.append(rng.choice((steps.Demote(host), steps.RemoveNode(host), steps.Leave(host))))
        if self._workers:
            host = several([rng.choice(self._workers)])
            changes.append(rng.choice((steps.Promote(host), steps.Drain(host), steps.RemoveNode(host))))
        return [Step(source.instant(), change) for change in changes] + self._to_and_fro()

    def _to_and_fro(self) -> list[Step]:
        """Hosts that change their role and change back: each promotion makes a new Raft member of an old host."""
        rng, steps_made = self._rng, []
        for _ in range(rng.randint(0, 2)):
            manager = rng.random() < 0.5 or not self._workers
            host = several([rng.choice(self._managers if manager else self._workers)])
            there_at_ns = self._source.instant()
            back_at_ns = min(there_at_ns + self._source.lapse(100, 6_000), self._profile.faulty_ns - 100 * MS)
            there, back = (steps.Demote, steps.Promote) if manager else (steps.Promote, steps.Demote)
            steps_made += [Step(there_at_ns, there(host)), Step(back_at_ns, back(host))]
        return steps_made

    def _work(self) -> list[Step]:
        rng, source, stack = self._rng, self._source, self._profile.stack
        if stack is None:
            return [Step(source.instant(), steps.BurstWrites(rng.randint(20, 400), rng.randint(200, 2000) * MS))]
        actions: list[steps.Action] = [
            steps.Scale(rng.choice(stack.scalable), rng.randint(0, 8)) for _ in range(rng.randint(0, 4))
        ]
        actions += [task_fault(rng, stack.updatable) for _ in range(rng.randint(0, 4))]
        return [Step(source.instant(), action) for action in actions] + self._down_and_up(stack) + self._removals(stack)

    def _down_and_up(self, stack: FuzzStack) -> list[Step]:
        """In every other schedule a service gives up slots and wants them again before their tasks have stopped."""
        rng = Random(f"fuzz/{self._profile.name}/{self._seed}/down-and-up")
        if rng.random() < 0.5:
            return []
        service = rng.choice(stack.scalable)
        down_at_ns = rng.randrange(MS, self._source.latest_ns, MS)
        up_at_ns = down_at_ns + rng.randint(100, 2_500) * MS
        return [
            Step(down_at_ns, steps.Scale(service, rng.randint(0, 1))),
            Step(up_at_ns, steps.Scale(service, rng.randint(2, 6))),
        ]

    def _removals(self, stack: FuzzStack) -> list[Step]:
        """In two of five, services are removed, mostly to be deployed again while something is left of them.

        What only they used is removed as well if they are not deployed again.
        """
        rng = Random(f"fuzz/{self._profile.name}/{self._seed}/removals")
        if rng.random() < 0.6:
            return []
        removed_at_ns = rng.randrange(MS, self._source.latest_ns, MS)
        again_at_ns = min(removed_at_ns + rng.randint(50, 4_000) * MS, self._profile.faulty_ns - MS)
        services = rng.sample(stack.updatable, rng.randint(1, len(stack.updatable)))
        removals = [Step(removed_at_ns, steps.RemoveService(service)) for service in services]
        if rng.random() < 0.8:
            return [*removals, Step(again_at_ns, steps.Deploy(stack.name, (stack.file,)))]
        unused = [removal for users, removal in stack.owned if users <= set(services)]
        return [*removals, *(Step(again_at_ns, removal) for removal in unused)]

    def _updates(self) -> list[Step]:
        stack, latest_ns = self._profile.stack, self._source.latest_ns
        if stack is None:
            return []
        stream = f"fuzz/{self._profile.name}/{self._seed}"
        return [
            *draw_updates(Random(f"{stream}/updates"), stack, latest_ns),
            *draw_mistakes(Random(f"{stream}/mistakes"), stack, latest_ns),
            *draw_deployments(self._another_source(Random(f"{stream}/deployments")), stack),
            *draw_righting(Random(f"{stream}/righting"), stack, self._righted_at_ns),
        ]

    @property
    def _righted_at_ns(self) -> int:
        """By then there is a leader, and what was ordered before has been carried out."""
        return self._profile.faulty_ns + BOOT_NS + self._profile.progress_ns

    def _pruning(self, timeline: list[Step]) -> list[Step]:
        """Half of all deployments remove the services that are not in the version that they deploy."""
        rng = Random(f"fuzz/{self._profile.name}/{self._seed}/prune")
        return [
            replace(step, action=replace(step.action, prune=rng.random() < 0.5))
            if isinstance(step.action, steps.Deploy)
            else step
            for step in timeline
        ]

    def _images(self, timeline: list[Step]) -> tuple[ImagePlan, ...]:
        """Of the services as they are deployed, by one version of the file or another, and as they are updated."""
        stack = self._profile.stack
        if stack is None:
            return ()
        actions = [step.action for step in timeline]
        files = {(stack.file,): None, **{each.files: None for each in actions if isinstance(each, steps.Deploy)}}
        deployed = {
            service.spec.task.container.image
            for version in files
            for service in stack.read(stack.name, version).services
        }
        updated = {each.image: None for each in actions if isinstance(each, steps.Update)}
        others = [*stack.next_images.values(), *(plan for plans in stack.bad_images.values() for plan in plans)]
        by_name = {plan.image: plan for plan in others}
        return (
            *(plan for plan in stack.images if plan.image in deployed),
            *(by_name[image] for image in updated),
        )

    def _left_broken(self) -> list[Step]:
        """A random minority that is not healed: without power, in touch with nobody, only heard, or only hearing."""
        count = self._rng.randint(0, (self._manager_count - 1) // 2)
        if not count or self._members_change or self._harms_disk:
            return []
        names = sorted(self._rng.sample(self._managers, count))
        host = several(names)
        broken: list[steps.Action] = [steps.Kill(host)]
        if self._profile.stack is None:
            everyone_else = Group(HostGroup.ALL)
            broken += [steps.Isolate(host), steps.Pause(host), steps.FailDisk(host)]
            broken.append(steps.SlowLink(Link(host, everyone_else), self._profile.pace * 400 * MS))
        action = self._rng.choice(broken)
        rng = Random(f"fuzz/{self._profile.name}/{self._seed}/left-broken")
        if self._profile.timing.raft.pre_vote and self._profile.stack is None and rng.random() < 0.3:
            others = several([name for name in self._managers if name not in names])
            action = steps.OneWay(*rng.choice(((host, others), (others, host))))
        return [Step(self._profile.faulty_ns + 1 * MS, action)]

    def _rejoining(self, faults: list[Step], broken: list[Step], anew: bool) -> list[Step]:
        """In half of the schedules in which members do not change anyhow; managers only where all are well at last."""
        rng = Random(f"fuzz/{self._profile.name}/{self._seed}/rejoining")
        if rng.random() < 0.5 or self._members_change:
            return []
        source = self._another_source(rng)
        if self._harms_disk:
            return back_after_loss(source, faults)
        spares_one = self._manager_count >= 3 and not broken and not anew
        return comings_and_goings(source, self._managers if spares_one else (), self._workers)

    def _is_begun_anew(self, broken: list[Step]) -> bool:
        """Whether one manager, or two apart, do without the others at last: where no other manager is lost for good."""
        if (
            self._profile.stack is not None
            or self._manager_count < 3
            or broken
            or self._members_change
            or self._harms_disk
        ):
            return False
        return self._stream("anew").random() < 0.3

    def _known_by(self, anew: bool) -> list[Step]:
        """What members are known by changes, perhaps even the swarm."""
        profile, latest_ns = self._profile, self._source.latest_ns
        booted_ns = profile.faulty_ns + BOOT_NS
        found = draw_rotations(self._stream("tokens"), latest_ns)
        if not self._members_change:  # nobody unlocks a manager that an operator has given up, and may have in vain
            found += draw_locks(self._stream("locks"), latest_ns, booted_ns)
        stay = self._manager_count >= 3 and not self._members_change
        found += draw_moves(self._stream("moves"), latest_ns, self._managers if stay else (), self._workers)
        if anew and self._stream("apart").random() < 0.5:
            found += draw_beginning_apart(self._stream("survivors"), profile.faulty_ns, booted_ns, self._managers)
        elif anew:
            found += draw_beginning_anew(self._stream("survivor"), profile.faulty_ns, booted_ns, self._managers)
        return found

    def _stream(self, name: str) -> Random:
        return Random(f"fuzz/{self._profile.name}/{self._seed}/{name}")

    def _expectations(self) -> tuple[Expectation, ...]:
        profile = self._profile
        after_ns, progress_ns = profile.faulty_ns + BOOT_NS, profile.progress_ns
        claims: list[Claim] = [Leader(after_ns, progress_ns), WriteAcknowledged(after_ns, progress_ns)]
        if profile.stack is not None:
            convergence_ns = CONVERGENCE_NS if profile.pace == 1 else CONVERGENCE_NS + progress_ns
            converges_ns = self._righted_at_ns if len(profile.stack.again) > 1 else after_ns
            end_ns = profile.faulty_ns + profile.calm_ns
            claims.append(Converged(converges_ns, min(convergence_ns, end_ns - converges_ns)))
        return tuple(Expectation(claim) for claim in claims)
