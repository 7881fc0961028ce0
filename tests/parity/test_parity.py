"""Our Engine API answers as a genuine engine of Docker does, request by request; what it does not, is known."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from genuine_swarm import ADDRESS, genuine_engine, why_not
from parity.asks import Script
from parity.comparison import Difference, differences
from parity.conversation import Conversation, Told
from parity.known import KNOWN, why
from parity.scripts.catalogue import SCRIPTS
from served import served

from swarmsim.scenario.plan import ClusterPlan, ImagePlan
from swarmsim.serve.cluster import ServedPlan

ENGINES = 3
"""That run at a time: they mostly wait."""
SPEED = 50.0
PLAN = ServedPlan(
    ClusterPlan(1),
    bare=True,
    images=(
        ImagePlan("parity:done", exits_after_ns=100_000_000),
        ImagePlan("parity:failed", exits_after_ns=100_000_000, exit_code=3),
    ),
)
"""One host in no swarm, whose images do what those of the genuine engine do (`tiny_image.IMAGES`)."""


def of_docker(script: Script) -> list[Told]:
    with genuine_engine() as socket:
        return Conversation(socket, {"host": ADDRESS}).play(script)


def of_ours(script: Script) -> list[Told]:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), PLAN, speed=SPEED) as ours:
        (host,) = ours.places
        own = {"host": ours.world.interfaces(host)["eth0"]}
        return Conversation(ours.places[host].socket, own).play(script)


@pytest.fixture(scope="module")
def found() -> dict[str, list[Difference]]:
    """All differences, by script."""
    reason = why_not()
    if reason and os.environ.get("CI") != "true":
        pytest.skip(reason)
    assert not reason
    with ThreadPoolExecutor(ENGINES) as pool:
        genuine = {name: pool.submit(of_docker, script) for name, script in SCRIPTS.items()}
        return {name: differences(genuine[name].result(), of_ours(script)) for name, script in SCRIPTS.items()}


@pytest.mark.slow
def test_the_answers_are_dockers_but_for_what_is_known(found: dict[str, list[Difference]]) -> None:
    explained = [(f"{name}: {each}", why(each)) for name, differing in found.items() for each in differing]
    unknown = [difference for difference, known in explained if known is None]
    assert not unknown, "\n".join(unknown)
    gone = [known.pattern for known in KNOWN if known not in {known for _, known in explained}]
    assert not gone, "\n".join(["These differences are known, and are not there any more:", *gone])
