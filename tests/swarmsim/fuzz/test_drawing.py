"""What a seed draws is a scenario like any other: it can be written, read and understood, and ends all it begins."""

from collections import Counter
from functools import cache

import pytest
from msgspec.structs import replace

from core.timing import LAN
from swarmsim.acceptance import check_accepted
from swarmsim.fuzz import drawing, members
from swarmsim.fuzz.basis import BOOT_NS
from swarmsim.fuzz.drawing import CONVERGENCE_NS, draw, read_stack
from swarmsim.fuzz.profiles import EVERYTHING, PROFILES, RAFT, SWARM, Profile, profile_of
from swarmsim.fuzz.small_stack import SMALL
from swarmsim.fuzz.whole_stack import WHOLE
from swarmsim.scenario import steps
from swarmsim.scenario.expectations import Leader, WriteAcknowledged
from swarmsim.scenario.loader import decode
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.steps import Step, verb_of
from swarmsim.yaml_source import parse

SEEDS = range(1, 31)
drawn_once = cache(draw)  # drawing parses YAML: that takes a while


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_same_seed_draws_the_same_and_another_one_something_else(profile: object) -> None:
    assert isinstance(profile, type(RAFT))
    assert len({drawn_once(profile, seed).text for seed in SEEDS}) == len(SEEDS)
    assert draw(profile, 7) == drawn_once(profile, 7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_file_of_a_failure_reads_back_as_what_was_played(seed: int) -> None:
    scenario = draw(SWARM, seed)
    again = decode(parse(scenario.file, scenario.text), scenario.text, read_stack)
    assert again == scenario


def test_faults_that_last_end_before_the_liveness_phase() -> None:
    for seed in SEEDS:
        for step in drawn_once(RAFT, seed).timeline:
            if isinstance(step.action, steps.REVERSIBLE) and step.at_ns < RAFT.faulty_ns:
                assert step.until_ns is not None, (seed, step)
                assert step.until_ns <= RAFT.faulty_ns, (seed, step)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_what_lasts_is_as_long_as_its_timing_is_slow(profile: Profile) -> None:
    leader, acknowledged, *_ = (expectation.claim for expectation in drawn_once(profile, 1).expect)
    assert isinstance(leader, Leader)
    assert isinstance(acknowledged, WriteAcknowledged)
    assert leader.within_ns == acknowledged.within_ns == 10 * profile.timing.raft.election_max_ns
    assert drawn_once(profile, 1).cluster.timing == profile.timing.name
    assert profile.calm_ns >= leader.within_ns + CONVERGENCE_NS or profile.timing is LAN
    longest_ns = max(
        step.until_ns - step.at_ns
        for seed in SEEDS
        for step in drawn_once(profile, seed).timeline
        if step.until_ns is not None
    )
    assert longest_ns > 2 * profile.timing.raft.election_max_ns


def test_all_kinds_of_steps_are_drawn() -> None:
    drawn = {
        verb_of(step.action) for seed in SEEDS for name in PROFILES for step in draw(PROFILES[name], seed).timeline
    }
    outside = {"restart", "resume", "heal", "repair-disk", "activate"}  # each is an end
    outside.add("remove-config")  # each that is drawn is in a stack that may be deployed again, and is in use then
    tasks = {"crash-task", "exit", "unhealthy", "out-of-memory"}
    known = {verb_of(action) for action in steps.ACTIONS}
    assert drawn >= known - outside - tasks
    assert drawn & tasks == tasks


def unnumbered(scenario: Scenario) -> list[Step]:
    """Its timeline, whatever lines the steps stand on."""
    return [replace(step, line=0) for step in scenario.timeline]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_who_leaves_joins_again_on_top_of_a_schedule_that_is_the_same_without(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [unnumbered(drawn_once(profile, seed)) for seed in SEEDS]
    monkeypatch.setattr(members, "comings_and_goings", lambda source, managers, workers: [])
    monkeypatch.setattr(members, "back_after_loss", lambda source, faults: [])
    for timeline, seed in zip(drawn, SEEDS, strict=True):
        without = unnumbered(draw(profile, seed))
        assert [step for step in timeline if step in without] == without
        added = [step.action for step in timeline if step not in without]
        assert all(isinstance(action, steps.Leave | steps.Rejoin | steps.CorruptDisk | steps.Kill) for action in added)
        for leave in (action for action in added if isinstance(action, steps.Leave)):
            assert steps.Rejoin(leave.hosts) in added


def test_lost_reports_come_on_top_of_a_schedule_that_is_the_same_without(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [unnumbered(drawn_once(SWARM, seed)) for seed in SEEDS]
    monkeypatch.setattr(drawing, "lost_reports", lambda source: [])
    for timeline, seed in zip(drawn, SEEDS, strict=True):
        others = [step for step in timeline if not isinstance(step.action, steps.MuteRoutes)]
        assert others == unnumbered(draw(SWARM, seed))


def test_a_manager_leaves_and_comes_back_only_where_a_majority_is_left_at_any_time() -> None:
    for seed in SEEDS:
        scenario = drawn_once(RAFT, seed)
        back = [step for step in scenario.timeline if isinstance(step.action, steps.Rejoin)]
        if back:
            assert scenario.cluster.manager_count >= 3
            assert len(back) == 1
            assert all(step.at_ns <= RAFT.faulty_ns for step in scenario.timeline if not puts_right(step))


def puts_right(step: Step) -> bool:
    """What is done on purpose when the faults are over."""
    return isinstance(step.action, steps.Unlock)


def test_at_most_a_minority_is_left_broken_unless_the_swarm_is_begun_anew() -> None:
    for seed in SEEDS:
        scenario = drawn_once(RAFT, seed)
        left = [step for step in scenario.timeline if step.at_ns > RAFT.faulty_ns and not puts_right(step)]
        if any(isinstance(step.action, steps.ForceNewCluster) for step in left):
            continue
        assert len(left) <= 1
        if left and isinstance(left[0].action, steps.Kill):
            assert left[0].text.count("m") <= (scenario.cluster.manager_count - 1) // 2


def test_a_swarm_is_begun_anew_by_the_managers_that_are_left() -> None:
    """By one alone, or by two that are kept apart until both have done it."""
    begun: Counter[int] = Counter()
    for seed in range(1, 71):
        scenario = drawn_once(RAFT, seed)
        left = [step for step in scenario.timeline if step.at_ns > RAFT.faulty_ns and not puts_right(step)]
        forced = [step for step in left if isinstance(step.action, steps.ForceNewCluster)]
        if forced:
            begun[len(forced)] += 1
            assert isinstance(left[0].action, steps.Kill)
            assert left[0].text.count("m") == scenario.cluster.manager_count - len(forced)
            partitions = [step for step in left if isinstance(step.action, steps.Partition)]
            assert len(partitions) == len(forced) - 1
            assert all(step.until_ns and step.until_ns >= forced[-1].at_ns for step in partitions)
    assert begun.keys() == {1, 2}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_what_members_are_known_by_comes_on_top_of_a_schedule_that_is_the_same_without(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [unnumbered(drawn_once(profile, seed)) for seed in SEEDS]
    for name in ("draw_rotations", "draw_locks", "draw_moves", "draw_beginning_anew", "draw_beginning_apart"):
        monkeypatch.setattr(members, name, lambda *_: [])
    known_by = (steps.RotateTokens, steps.Autolock, steps.Unlock, steps.Move, steps.ForceNewCluster)
    for timeline, seed in zip(drawn, SEEDS, strict=True):
        without = unnumbered(draw(profile, seed))
        assert [step for step in timeline if step in without] == without
        added = [step.action for step in timeline if step not in without]
        ends = (
            (steps.Kill, steps.Partition, steps.Restart)
            if any(isinstance(each, steps.ForceNewCluster) for each in added)
            else ()
        )
        assert all(isinstance(action, (*known_by, *ends)) for action in added)


def test_the_stack_is_read_without_any_file() -> None:
    stack = SMALL.read("app", ("fuzz-stack.yml",))
    assert [service.spec.name for service in stack.services] == ["app_web", "app_api", "app_cache"]
    assert set(SMALL.files) == {"fuzz-stack.yml", "fuzz-api-key.txt"}


@pytest.mark.parametrize("file", WHOLE.again)
def test_what_is_drawn_of_the_whole_stack_is_in_each_of_its_versions(file: str) -> None:
    stack = WHOLE.read(WHOLE.name, (file,))
    check_accepted(stack)
    services = {service.spec.name: service.spec for service in stack.services}
    assert services.keys() >= {*WHOLE.scalable, *WHOLE.updatable, *WHOLE.bad_images, WHOLE.clients.service}
    assert {spec.task.container.image for spec in services.values()} <= {plan.image for plan in WHOLE.images}


def test_the_versions_of_the_whole_stack_differ_in_secrets_configs_and_services() -> None:
    first, second = (WHOLE.read(WHOLE.name, (file,)) for file in WHOLE.again)
    assert {secret.name for secret in first.secrets} != {secret.name for secret in second.secrets}
    assert {config.name for config in first.configs} != {config.name for config in second.configs}
    names = [{service.spec.name for service in stack.services} for stack in (first, second)]
    assert names[0] - names[1]
    assert names[1] - names[0]


def test_whatever_is_updated_by_mistake_is_put_right_once_it_has_been_done() -> None:
    mistaken = 0
    for seed in SEEDS:
        timeline = drawn_once(EVERYTHING, seed).timeline
        orders = [step for step in timeline if isinstance(step.action, steps.Update | steps.Rollback | steps.Deploy)]
        assert isinstance(orders[-1].action, steps.Deploy)
        assert orders[-1].at_ns == EVERYTHING.faulty_ns + BOOT_NS + EVERYTHING.progress_ns
        assert all(step.at_ns < EVERYTHING.faulty_ns for step in orders[:-1])
        bad = {plan.image for plans in WHOLE.bad_images.values() for plan in plans}
        mistaken += any(isinstance(step.action, steps.Update) and step.action.image in bad for step in orders)
    assert 0 < mistaken < len(SEEDS)


def test_deployments_with_and_without_pruning_are_drawn() -> None:
    timelines = [drawn_once(EVERYTHING, seed).timeline for seed in SEEDS]
    found = [step.action.prune for steps_ in timelines for step in steps_ if isinstance(step.action, steps.Deploy)]
    assert set(found) == {True, False}


def test_all_takes_the_profiles_in_turn() -> None:
    assert [profile_of("all", seed).name for seed in range(5)] == ["raft", "swarm", "wan", "docker", "everything"]
    with pytest.raises(KeyError):
        profile_of("none", 1)
