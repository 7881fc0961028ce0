"""A story on disk is a scenario that loads, whatever it is told; what it cannot say is a comment in its place."""

from pathlib import Path

import pytest

from core.compose.stack import Stack, StackService
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec
from core.timing import MS, SECOND
from swarmsim.scenario.expectations import Converged
from swarmsim.scenario.loader import load
from swarmsim.scenario.plan import ClusterPlan, ImagePlan, Scenario, StackPlan
from swarmsim.scenario.steps import Deploy, Heal, Isolate, Kill, Scale
from swarmsim.scenario.targets import Host
from swarmsim.serve.record.story import Story, Told

WEB = Stack("", services=(StackService(ServiceSpec("web", TaskSpec(ContainerSpec("nginx:1")))),))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path / "s.yaml", Scenario("s", "", ClusterPlan(3, 1), 0))


def steps_of(story: Story) -> list[str]:
    """What the file says, as it is loaded."""
    return [f"{step.at_ns / MS:g}ms {step.text}" for step in load(story.file).timeline]


def test_steps_are_in_order_a_millisecond_apart_at_least(story: Story) -> None:
    story.tell(2 * SECOND, Kill(Host("m1")))
    story.tell(1 * SECOND + 1, Kill(Host("m2")))
    story.tell(1 * SECOND + 7, Isolate(Host("w1")))
    saved = story.save(())
    assert steps_of(story) == ["1000ms kill: m2", "1001ms isolate: w1", "2000ms kill: m1"]
    assert (saved.step_count, saved.unsaid) == (3, ())


def test_a_fault_that_was_ended_has_an_end_after_its_beginning(story: Story) -> None:
    told = story.tell(1 * SECOND, Kill(Host("m1")))
    told.until_ns = 1 * SECOND
    other = story.tell(2 * SECOND, Kill(Host("m2")))
    other.until_ns = 9 * SECOND
    story.save(())
    assert [step.until_ns for step in load(story.file).timeline] == [1001 * MS, 9 * SECOND]
    assert story.last_ns == 9 * SECOND


def test_what_cannot_be_said_stands_where_it_happened(story: Story) -> None:
    story.tell(1 * SECOND, Kill(Host("m1")))
    story.remark(2 * SECOND, "labels of m1:\nnew")
    story.tell(3 * SECOND, Kill(Host("m2")))
    story.remark(4 * SECOND, "the end")
    saved = story.save(())
    lines = story.file.read_text().splitlines()
    begin = lines.index("timeline:")
    assert lines[begin + 1 : begin + 6] == [
        "  - {at: 1s, kill: m1}",
        "  # at 2s: labels of m1:",
        "  # new",
        "  - {at: 3s, kill: m2}",
        "  # at 4s: the end",
    ]
    assert saved.unsaid == ("labels of m1:\nnew", "the end")
    assert len(load(story.file).timeline) == 2


def test_a_step_that_the_language_refuses_becomes_a_comment(story: Story) -> None:
    story.tell(1 * SECOND, Heal(Host("m1")))
    story.tell(2 * SECOND, Scale("nobody", 3))
    story.tell(3 * SECOND, Kill(Host("w1")))
    saved = story.save((Converged(4 * SECOND, 60 * SECOND),))
    assert steps_of(story) == ["3000ms kill: w1"]
    assert saved.step_count == 1
    assert [text.partition(":")[0] for text in saved.unsaid] == ["heal", "scale"]
    assert saved.unsaid[0].startswith("heal: m1: there is nothing to heal yet")


def test_an_open_end_is_told_in_its_place_and_once(story: Story) -> None:
    story.tell(1 * SECOND, Kill(Host("m1")))
    story.tell(3 * SECOND, Kill(Host("m2")))
    story.save((), [Told(2 * SECOND, None, "who knows")])
    assert "m1}\n  # at 2s: who knows\n  - {at: 3s" in story.file.read_text()
    assert story.save(()).unsaid == ()


def test_a_story_is_not_lost_for_something_beside_its_steps(tmp_path: Path) -> None:
    base = Scenario("s", "", ClusterPlan(1), 0, deploy=(StackPlan("shop", ("gone.yml",)),))
    story = Story(tmp_path / "s.yaml", base)
    story.tell(1 * SECOND, Kill(Host("m1")))
    [problem] = story.save(()).unsaid
    assert problem.startswith("it does not load as it stands: ")
    assert "gone.yml: was never read" in problem
    assert "  - {at: 1s, kill: m1}" in story.file.read_text()


def test_a_story_of_remarks_alone_loads(story: Story) -> None:
    story.remark(1 * SECOND, "nothing that could be said")
    story.save(())
    assert load(story.file).timeline == ()


def test_what_is_deployed_lies_beside_the_story(story: Story) -> None:
    story.tell(1 * SECOND, Deploy("web", (), stack=WEB))
    story.tell(2 * SECOND, Scale("web", 3))
    story.tell(3 * SECOND, Deploy("web", (), stack=WEB))
    story.save(())
    beside = story.file.parent / "s-objects"
    assert sorted(file.name for file in beside.iterdir()) == ["001-web.objects.yaml", "002-web.objects.yaml"]
    assert [type(step.action) for step in load(story.file).timeline] == [Deploy, Scale, Deploy]


def test_nothing_is_left_of_writing_but_what_is_written(story: Story) -> None:
    story.save(())
    story.tell(1 * SECOND, Kill(Host("m1")))
    story.save(())
    assert [file.name for file in story.file.parent.iterdir()] == ["s.yaml"]
    assert steps_of(story) == ["1000ms kill: m1"]


def test_stacks_are_named_as_they_lie_from_the_story(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "shop.yml").write_text("services: {web: {image: nginx}}")
    (tmp_path / "base.yaml").write_text(
        "name: base\ncluster: {managers: 1}\nimages: {nginx: {port: 80}}\n"
        "deploy:\n  - stack: {name: shop, file: stacks/shop.yml}\n"
    )
    base = load(tmp_path / "base.yaml")
    story = Story(tmp_path / "told" / "s.yaml", base, tmp_path)
    story.save(())
    assert load(story.file).deploy == (StackPlan("shop", ("../stacks/shop.yml",), base.deploy[0].stack),)
    assert load(story.file).images == (ImagePlan("nginx", port=80),)


def test_how_an_image_behaves_is_left_out_where_nothing_uses_it(tmp_path: Path) -> None:
    base = Scenario("s", "", ClusterPlan(1), 0, images=(ImagePlan("nginx:1", port=80), ImagePlan("redis", port=1)))
    story = Story(tmp_path / "s.yaml", base)
    story.save(())
    assert load(story.file).images == ()
    story.tell(1 * SECOND, Deploy("web", (), stack=WEB))
    story.save(())
    assert load(story.file).images == (ImagePlan("nginx:1", port=80),)
