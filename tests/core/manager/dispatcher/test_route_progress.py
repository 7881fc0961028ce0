"""What the leader makes of an agent's acknowledgements, the late ones above all."""

from core.ids import SessionId
from core.manager.dispatcher.route_progress import Heard, RouteProgress
from core.mesh.transfer import Transfer
from core.messages import RoutesAck

SESSION = SessionId("session")


def acknowledged(version: int) -> RouteProgress:
    """An agent that carries this version."""
    progress = RouteProgress()
    progress.begin(Transfer(0, version, []))
    assert progress.heard(RoutesAck(SESSION, version, version, 0)) is Heard.VERSION
    return progress


def failure(towards: int) -> RoutesAck:
    return RoutesAck(SESSION, 0, towards, 0, "no room")


def test_a_failure_of_the_transfer_under_way_takes_everything_back() -> None:
    progress = acknowledged(5)
    progress.begin(Transfer(5, 8, []))
    assert progress.heard(failure(8)) is Heard.FAILED
    assert (progress.version, progress.under_way) == (0, False)


def test_a_failure_that_comes_after_the_version_was_acknowledged_is_old() -> None:
    progress = acknowledged(5)
    assert progress.heard(failure(5)) is Heard.OLD
    assert progress.version == 5


def test_a_failure_of_an_earlier_transfer_is_old() -> None:
    progress = acknowledged(5)
    progress.begin(Transfer(5, 8, []))
    assert progress.heard(failure(5)) is Heard.OLD
    assert (progress.version, progress.under_way) == (5, True)
