"""What every transport promises a host (`core.ports.Transport`), held by the simulated and the real one alike."""

from collections.abc import Iterator

import pytest
from transport_benches import End, RealTransport, SimulatedTransport, TransportBench

from core.effects import BecomeKnownAs, Peers, SendTo
from core.envelope import Envelope
from core.ids import Address, NodeId, SessionId
from core.messages import Beat
from core.raft.effects import Send
from core.raft.messages import Heartbeat

N1, N2, R1, R2 = NodeId("node-1"), NodeId("node-2"), NodeId("member-1"), NodeId("member-2")
HEARTBEAT = Heartbeat(term=3, round=7, commit_index=5)
BEAT = Beat(SessionId("session"), 9)


@pytest.fixture(params=[SimulatedTransport, RealTransport], ids=["simulated", "real"])
def bench(request: pytest.FixtureRequest) -> Iterator[TransportBench]:
    made = request.param()
    yield made
    made.close()


def introduce(bench: TransportBench) -> None:
    """Both ends listen, have identities, and know each other."""
    bench.start_second()
    first, second = bench.ends
    addresses = ((N1, first.address), (R1, first.address), (N2, second.address), (R2, second.address))
    for end, known_as in ((first, BecomeKnownAs(N1, R1)), (second, BecomeKnownAs(N2, R2))):
        end.become(known_as)
        end.peers(Peers(addresses))


def test_a_message_arrives_as_it_was_under_the_identities_of_its_kind(bench: TransportBench) -> None:
    introduce(bench)
    first, second = bench.ends
    first.send(Send(R2, HEARTBEAT))
    first.send(Send(N2, BEAT))
    bench.wait(lambda: len(second.arrived) == 2)
    assert second.arrived == [Envelope(R1, R2, HEARTBEAT), Envelope(N1, N2, BEAT)]
    assert first.arrived == []


def test_both_ends_send_at_once(bench: TransportBench) -> None:
    introduce(bench)
    first, second = bench.ends
    for number in range(50):
        first.send(Send(R2, Heartbeat(term=1, round=number, commit_index=0)))
        second.send(Send(R1, Heartbeat(term=2, round=number, commit_index=0)))
    bench.wait(lambda: len(first.arrived) == len(second.arrived) == 50)
    assert [envelope.message.round for envelope in second.arrived] == list(range(50))


def test_a_message_to_an_address_has_no_recipient(bench: TransportBench) -> None:
    bench.start_second()
    first, second = bench.ends
    first.become(BecomeKnownAs(N1, NodeId("")))
    first.send(SendTo(second.address, BEAT))
    bench.wait(lambda: len(second.arrived) == 1)
    assert second.arrived == [Envelope(N1, NodeId(""), BEAT)]


def test_an_answer_takes_the_way_its_question_came(bench: TransportBench) -> None:
    bench.start_second()
    first, second = bench.ends
    first.become(BecomeKnownAs(N1, NodeId("")))
    first.send(SendTo(second.address, BEAT))
    bench.wait(lambda: len(second.arrived) == 1)
    second.send(Send(N1, BEAT))
    bench.wait(lambda: len(first.arrived) == 1)
    assert first.arrived[0].recipient == N1


def test_what_is_for_nobody_known_is_dropped(bench: TransportBench) -> None:
    introduce(bench)
    first, second = bench.ends
    first.send(Send(NodeId("stranger"), HEARTBEAT))
    first.send(SendTo(Address("127.0.0.1:9"), BEAT))
    first.send(Send(R2, HEARTBEAT))
    bench.wait(lambda: len(second.arrived) == 1)
    assert second.arrived == [Envelope(R1, R2, HEARTBEAT)]


def test_a_host_that_was_not_there_is_reached_once_it_is(bench: TransportBench) -> None:
    first, second = bench.ends
    first.become(BecomeKnownAs(N1, R1))
    first.peers(Peers(((R2, second.address),)))
    first.send(Send(R2, HEARTBEAT))
    bench.start_second()

    def reached() -> bool:
        first.send(Send(R2, HEARTBEAT))
        return bool(second.arrived)

    bench.wait(reached)
    assert second.arrived[0] == Envelope(R1, R2, HEARTBEAT)


def test_newer_peers_replace_older_ones(bench: TransportBench) -> None:
    introduce(bench)
    first, second = bench.ends
    first.peers(Peers(((N2, second.address),)))
    first.send(Send(R2, HEARTBEAT))
    first.send(Send(N2, BEAT))
    bench.wait(lambda: len(second.arrived) == 1)
    assert second.arrived == [Envelope(N1, N2, BEAT)]


def moved(bench: TransportBench) -> tuple[End, End]:
    """Both ends have talked, and the second is elsewhere now; the first has not been told where."""
    introduce(bench)
    first, second = bench.ends
    first.send(Send(N2, BEAT))
    second.send(Send(N1, BEAT))
    bench.wait(lambda: len(first.arrived) == len(second.arrived) == 1)
    bench.move_second()
    second.become(BecomeKnownAs(N2, R2))
    return first, second


def test_a_host_that_moved_is_answered_where_it_was_last_heard(bench: TransportBench) -> None:
    first, second = moved(bench)
    second.send(SendTo(first.address, BEAT))
    bench.wait(lambda: len(first.arrived) == 2)
    first.send(Send(N2, BEAT))
    bench.wait(lambda: len(second.arrived) == 2)
    assert second.arrived[1] == Envelope(N1, N2, BEAT)


def test_a_host_that_moved_and_says_nothing_is_reached_where_peers_say_that_it_is(bench: TransportBench) -> None:
    first, second = moved(bench)
    first.peers(Peers(((N2, second.address),)))

    def reached() -> bool:
        first.send(Send(N2, BEAT))
        return len(second.arrived) > 1

    bench.wait(reached)
    assert second.arrived[1] == Envelope(N1, N2, BEAT)
