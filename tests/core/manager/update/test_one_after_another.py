"""An update after another one, whether that has ended or not."""

from leading_head import Swarm, task_spec
from msgspec.structs import replace
from updates_of_web import NEW, images, status

from core.objects.service import Replicated, UpdateConfig, UpdateState
from core.operations import ErrorCode, OperationError, UpdateService
from core.timing import SECOND


def test_a_new_update_replaces_the_running_one() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update("web", task=NEW)
    started = status(swarm)
    swarm.run_for(SECOND)
    swarm.update("web", task=task_spec("newer"), update=UpdateConfig(delay_ns=SECOND))
    assert images(swarm) == {1: ["newer"], 2: ["app"], 3: ["app"]}
    swarm.run_for(20 * SECOND)
    assert images(swarm) == {1: ["newer"], 2: ["newer"], 3: ["newer"]}
    ended = status(swarm)
    assert (ended.state, ended.started_at > started.started_at) == (UpdateState.COMPLETED, True)


def test_only_another_spec_stands_in_the_way_of_an_update() -> None:
    swarm = Swarm()
    web = swarm.create("web", mode=Replicated(2))
    swarm.update("web", task=NEW)
    read = swarm.service("web")
    swarm.run_for(5 * SECOND)
    assert swarm.service("web").version > read.version  # completed since
    assert swarm.ask(UpdateService(web.id, read.version, replace(read.spec, labels={"a": "b"}))) is None
    for version in (read.version, swarm.index + 1):
        answer = swarm.ask(UpdateService(web.id, version, read.spec))
        assert answer == OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
