"""What one daemon tells another's, piece by piece."""

from collections.abc import Callable

import pytest
from simulated import scripted_world

from core.timing import MS, SECOND
from sim.links import Condition, LinkProfile
from sim.network import Link
from sim.streams import MOST_WAITING, PATIENCE_NS, Put, RemoteStream
from sim.world import World, WorldConfig


class Source:
    """At the teller: the test puts pieces in."""

    def __init__(self) -> None:
        self.put: Put | None = None
        self.end: Callable[[], None] | None = None
        self.opened_count = 0
        self.stopped = False

    def open(self, put: Put, end: Callable[[], None]) -> Callable[[], None]:
        self.put, self.end = put, end
        self.opened_count += 1
        return self.stop

    def stop(self) -> None:
        self.stopped = True

    def say(self, *pieces: object) -> None:
        assert self.put is not None, "nobody has asked"
        for piece in pieces:
            self.put(piece, 10)

    def finish(self) -> None:
        assert self.end is not None, "nobody has asked"
        self.end()


class Told:
    """At the asker: what it was told, and how it ended."""

    def __init__(self, world: World, source: Source) -> None:
        self.world = world
        self.pieces: list[object] = []
        self.ends: list[str] = []
        self.ended_at = 0
        self.stream = RemoteStream(
            world.machine("a"),
            world.machine("b"),
            source.open,
            self.pieces.append,
            lambda: self._end("ended"),
            lambda: self._end("broke"),
        )

    def _end(self, how: str) -> None:
        self.ends.append(how)
        self.ended_at = self.world.now


def test_pieces_come_in_order_and_then_the_end() -> None:
    world, source = scripted_world("a", "b"), Source()
    told = Told(world, source)
    world.run_for(10 * MS)
    source.say(*range(500))
    world.run_for(1 * SECOND)
    source.say(500)
    source.finish()
    world.run_for(1 * SECOND)
    assert told.pieces == list(range(501))
    assert told.ends == ["ended"]
    assert source.stopped


def test_losses_change_neither_the_order_nor_the_number() -> None:
    for seed in range(20):
        world = scripted_world("a", "b", seed=seed, config=WorldConfig(link=LinkProfile(loss_ratio=0.3)))
        source = Source()
        told = Told(world, source)
        world.run_for(3 * SECOND)
        if source.put is None:  # the first requests were lost
            world.run_for(3 * SECOND)
        for number in range(200):
            source.say(number)
            world.run_for(20 * MS)
        source.finish()
        world.run_for(60 * SECOND)
        assert source.opened_count == 1
        assert told.ends in (["ended"], ["broke"])
        assert told.pieces == list(range(len(told.pieces)))
        if told.ends == ["ended"]:
            assert len(told.pieces) == 200


def test_silence_does_not_end_it() -> None:
    world, source = scripted_world("a", "b"), Source()
    told = Told(world, source)
    world.run_for(120 * SECOND)
    source.say("late")
    world.run_for(1 * SECOND)
    assert (told.pieces, told.ends) == (["late"], [])


def test_signs_of_life_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world, source = scripted_world("a", "b"), Source()
    Told(world, source)
    world.run_for(10 * MS)
    for number in range(200):
        source.say(number)
        world.run_for(5 * MS)
    world.run_for(2 * SECOND)
    packets: list[str] = []
    packet = Link.packet

    def counted(link: Link, size: int) -> int | None:
        packets.append(link.source.name)
        return packet(link, size)

    monkeypatch.setattr(Link, "packet", counted)
    world.run_for(10 * SECOND)
    assert 8 <= packets.count("b") <= 11, "one a second, however much was said before"


@pytest.mark.parametrize("fate", ["kill", "partition", "pause"])
def test_who_says_nothing_any_more_is_given_up_in_bounded_time(fate: str) -> None:
    world, source = scripted_world("a", "b"), Source()
    told = Told(world, source)
    world.run_for(10 * MS)
    source.say("before")
    world.run_for(2 * SECOND)
    hit_at = world.now
    _hit(world, fate)
    world.run_for(60 * SECOND)
    assert (told.pieces, told.ends) == (["before"], ["broke"])
    assert hit_at < told.ended_at <= hit_at + PATIENCE_NS


@pytest.mark.parametrize("fate", ["kill", "partition", "pause"])
def test_who_never_answers_is_given_up_as_well(fate: str) -> None:
    world, source = scripted_world("a", "b"), Source()
    _hit(world, fate)
    told = Told(world, source)
    world.run_for(60 * SECOND)
    assert (told.ends, told.ended_at, source.opened_count) == (["broke"], PATIENCE_NS, 0)


def test_a_dead_daemon_refuses_at_once_and_one_that_dies_is_missed_soon() -> None:
    world, source = scripted_world("a", "b"), Source()
    world.kill_daemon("b")
    told = Told(world, source)
    world.run_for(1 * SECOND)
    assert told.ends == ["broke"]

    world, source = scripted_world("a", "b"), Source()
    told = Told(world, source)
    world.run_for(2 * SECOND)
    world.kill_daemon("b")
    world.run_for(2 * SECOND)
    assert told.ends == ["broke"]


def test_one_that_gets_to_run_again_in_time_tells() -> None:
    world, source = scripted_world("a", "b"), Source()
    world.pause("b")
    told = Told(world, source)
    world.run_for(2 * SECOND)
    world.resume("b")
    world.run_for(2 * SECOND)
    source.say("here")
    world.run_for(1 * SECOND)
    assert (told.pieces, told.ends, source.opened_count) == (["here"], [], 1)


def test_who_stops_listening_is_told_nothing_more() -> None:
    world, source = scripted_world("a", "b"), Source()
    told = Told(world, source)
    world.run_for(10 * MS)
    told.stream.stop()
    source.say("unheard")
    source.finish()
    world.run_for(20 * SECOND)
    assert (told.pieces, told.ends, source.stopped) == ([], [], True)


def test_what_waits_is_bounded() -> None:
    world, source = scripted_world("a", "b"), Source()
    told = Told(world, source)
    world.run_for(10 * MS)
    for number in range(MOST_WAITING + 100):
        source.say(number)
    world.run_for(20 * SECOND)
    assert told.ends == ["broke"]
    assert told.pieces == list(range(len(told.pieces)))


def _hit(world: World, fate: str) -> None:
    if fate == "kill":
        world.kill("b")
    elif fate == "pause":
        world.pause("b")
    else:
        world.network.impose(Condition(lambda source, target: True, cut=True))
