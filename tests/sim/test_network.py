"""Messages take the link's latency, keep their order, and are lost, doubled or held back as the link has it."""

from random import Random

import networkx as nx
import pytest

from core.codec import wire
from core.envelope import Envelope
from core.ids import Address, NodeId
from core.raft.messages import Heartbeat
from core.timing import MS, SECOND
from sim import partitions
from sim.links import Condition, LinkProfile, link_state
from sim.loop import Loop
from sim.network import LINE_QUEUE_NS, Network
from sim.sizes import ENVELOPE_BYTES
from sim.topology import Place, Topology, one_switch, racks

QUIET = LinkProfile(latency_ns=MS, jitter_ns=0)


class Pair:
    """Two ports, a and b, and everything that b received with the time."""

    def __init__(self, profile: LinkProfile = QUIET, topology: Topology | None = None, seed: int = 1) -> None:
        self.loop = Loop(seed)
        self.network = Network(self.loop, topology or one_switch(), profile, Random(seed))
        self.a = self.network.plug_in("a", Address("198.18.0.1:1"))
        self.b = self.network.plug_in("b", Address("198.18.0.2:1"))
        self.received: list[tuple[int, int]] = []
        self.b.receive = self._receive

    def _receive(self, envelope: Envelope) -> None:
        assert isinstance(envelope.message, Heartbeat)
        self.received.append((self.loop.now, envelope.message.round))

    def send(self, number: int) -> None:
        envelope = Envelope(NodeId("a"), NodeId("b"), Heartbeat(term=1, round=number, commit_index=0))
        self.network.link(self.a, self.b).send(envelope)

    def numbers(self) -> list[int]:
        """Send 1,000 numbered messages, one per microsecond, and say which arrived in what order."""
        for number in range(1000):
            self.loop.call_at(number * 1000, self.send, number)
        self.loop.run_until(10 * SECOND)
        return [number for _, number in self.received]


def test_a_message_takes_the_latency_of_its_link() -> None:
    pair = Pair()
    pair.send(1)
    pair.loop.run_until(SECOND)
    assert pair.received == [(MS, 1)]


def test_jitter_keeps_messages_in_order() -> None:
    pair = Pair(LinkProfile(latency_ns=MS, jitter_ns=MS, tail_ns=MS))
    assert pair.numbers() == list(range(1000))
    assert len({at - number * 1000 for at, number in pair.received}) > 100


def test_loss_takes_its_share() -> None:
    arrived = Pair(LinkProfile(latency_ns=MS, jitter_ns=0, loss_ratio=0.3)).numbers()
    assert 600 < len(arrived) < 800
    assert arrived == sorted(arrived)


def test_a_doubled_message_comes_again_later() -> None:
    pair = Pair(LinkProfile(latency_ns=MS, jitter_ns=0, duplicate_ratio=0.1))
    arrived = pair.numbers()
    assert 1050 < len(arrived) < 1150
    assert sorted(set(arrived)) == list(range(1000))
    assert len(arrived) - 1000 == pair.network.duplicated_count


def test_a_held_back_message_is_overtaken() -> None:
    arrived = Pair(LinkProfile(latency_ns=MS, jitter_ns=0, reorder_ratio=0.1)).numbers()
    assert sorted(arrived) == list(range(1000))
    assert arrived != sorted(arrived)


def test_bandwidth_makes_messages_queue_at_their_sender() -> None:
    size = ENVELOPE_BYTES + 24
    pair = Pair(LinkProfile(latency_ns=MS, jitter_ns=0, bandwidth_bits_per_s=size * 8))
    pair.send(1)
    pair.send(2)
    pair.loop.run_until(10 * SECOND)
    assert pair.received == [(MS + SECOND, 1), (MS + 2 * SECOND, 2)]


def test_a_full_line_drops_what_comes_on_top() -> None:
    pair = Pair(LinkProfile(latency_ns=MS, jitter_ns=0, bandwidth_bits_per_s=(ENVELOPE_BYTES + 24) * 8))
    for number in range(10):
        pair.send(number)
    pair.loop.run_until(20 * SECOND)
    assert len(pair.received) == 1 + LINE_QUEUE_NS // SECOND
    assert pair.network.lost_count == 10 - len(pair.received)


def test_a_condition_holds_for_what_is_sent_until_it_is_lifted() -> None:
    pair = Pair()
    number = pair.network.impose(Condition(partitions.one_way(("a",), ("b",)), cut=True))
    pair.send(1)
    pair.network.lift(number)
    pair.send(2)
    pair.loop.run_until(SECOND)
    assert [number for _, number in pair.received] == [2]


def test_a_cut_does_not_take_what_is_already_under_way() -> None:
    pair = Pair()
    pair.send(1)
    pair.network.impose(Condition(partitions.everywhere, cut=True))
    pair.loop.run_until(SECOND)
    assert [number for _, number in pair.received] == [1]


def test_conditions_add_up() -> None:
    conditions = (
        Condition(partitions.everywhere, loss_ratio=0.5, latency_ns=MS, bandwidth_bits_per_s=1000),
        Condition(partitions.everywhere, loss_ratio=0.5, latency_ns=2 * MS, jitter_ns=MS, bandwidth_bits_per_s=500),
    )
    state = link_state(LinkProfile(latency_ns=MS, jitter_ns=0, bandwidth_bits_per_s=10_000), 0, conditions)
    assert (state.loss_ratio, state.latency_ns, state.jitter_ns) == (0.75, 4 * MS, MS)
    assert state.bandwidth_bits_per_s == 500
    assert not state.cut


def test_lifting_one_of_two_cuts_leaves_the_other() -> None:
    pair = Pair()
    first = pair.network.impose(Condition(partitions.everywhere, cut=True))
    pair.network.impose(Condition(partitions.isolate(("a",)), cut=True))
    pair.network.lift(first)
    pair.network.lift(first)
    pair.send(1)
    pair.loop.run_until(SECOND)
    assert not pair.received


def test_messages_and_bytes_are_counted_by_kind_whether_they_arrive_or_not() -> None:
    pair = Pair(LinkProfile(latency_ns=MS, jitter_ns=0, loss_ratio=0.3))
    arrived = pair.numbers()
    assert len(arrived) < 1000
    sent = pair.a.sent[Heartbeat]
    assert sent.count == 1000
    assert sent.byte_count == 1000 * (ENVELOPE_BYTES + 24)


def test_the_real_codec_gives_equal_messages_and_their_true_size() -> None:
    pair = Pair()
    pair.network.codec = wire
    seen: list[Envelope] = []
    pair.b.receive = seen.append
    pair.send(7)
    pair.loop.run_until(SECOND)
    message = Heartbeat(term=1, round=7, commit_index=0)
    assert seen == [Envelope(NodeId("a"), NodeId("b"), message)]
    assert pair.a.sent[Heartbeat].byte_count == ENVELOPE_BYTES + len(wire.encode(message))


# --- topology


def test_hosts_in_different_racks_are_further_apart() -> None:
    topology = racks(("r1", "r2"), uplink_ns=50_000)
    for host, rack in (("a", "r1"), ("b", "r1"), ("c", "r2"), ("d", "")):
        topology.attach(host, rack)
    assert topology.distance_ns("a", "b") == 0
    assert topology.distance_ns("a", "c") == 100_000
    assert topology.distance_ns("a", "d") == 50_000


def zones(names: tuple[str, ...], between_ns: int) -> Topology:
    """Zones, each with a line of its own to each other."""
    graph: nx.Graph[Place] = nx.Graph()
    graph.add_nodes_from(names)
    for position, name in enumerate(names):
        for other in names[position + 1 :]:
            graph.add_edge(name, other, latency_ns=between_ns)
    return Topology(graph)


def test_messages_go_round_a_broken_cable_if_there_is_a_way() -> None:
    topology = zones(("x", "y", "z"), between_ns=10 * MS)
    for host, zone in (("a", "x"), ("b", "y")):
        topology.attach(host, zone)
    topology.break_cable("x", "y")
    assert topology.distance_ns("a", "b") == 20 * MS
    topology.break_cable("x", "z")
    assert topology.distance_ns("a", "b") is None
    topology.mend_cable("x", "y")
    assert topology.distance_ns("a", "b") == 10 * MS


def test_a_cable_that_is_not_there_cannot_break() -> None:
    with pytest.raises(ValueError, match="no cable between 'x' and 'y'"):
        zones(("x", "z"), between_ns=1).break_cable("x", "y")
