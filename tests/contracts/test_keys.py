"""What every key maker promises a host (`core.ports.KeyMaker`), held by the simulated and the real one alike."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import pytest

from core.effects import MakeKeys
from core.events import Event, KeyMaterial
from core.ids import Ticket
from core.timing import SECOND
from real.daemon import make_keys
from sim.keys import Keys
from sim.loop import Loop

Answers = Callable[[Sequence[MakeKeys]], list[Event]]
"""Asks for all of these, then waits until it is quiet; fails if anything is delivered within a call."""


def simulated(orders: Sequence[MakeKeys]) -> list[Event]:
    loop, heard = Loop(1), list[Event]()
    keys = Keys(loop, Random(1))
    for order in orders:
        keys(order, heard.append)
    assert heard == []
    loop.run_until(SECOND)
    return heard


def real(orders: Sequence[MakeKeys]) -> list[Event]:
    heard: list[Event] = []

    async def ask() -> None:
        for order in orders:
            make_keys(order, heard.append)
        assert heard == []
        await asyncio.sleep(0)

    asyncio.run(ask())
    return heard


@pytest.fixture(params=[simulated, real])
def answers(request: pytest.FixtureRequest) -> Answers:
    answers: Answers = request.param
    return answers


@pytest.mark.parametrize("lengths", [(32,), (16, 20, 1), (0,), ()])
def test_secrets_come_with_the_ticket_and_in_the_lengths_that_were_asked_for(
    answers: Answers, lengths: tuple[int, ...]
) -> None:
    [material] = answers([MakeKeys(Ticket(7), lengths)])
    assert isinstance(material, KeyMaterial)
    assert material.ticket == 7
    assert tuple(map(len, material.secrets)) == lengths


def test_every_order_is_answered_once_and_no_two_secrets_are_alike(answers: Answers) -> None:
    orders = [MakeKeys(Ticket(number), (16, 16)) for number in range(1, 101)]
    heard = answers(orders)
    secrets = [secret for event in heard if isinstance(event, KeyMaterial) for secret in event.secrets]
    assert sorted(event.ticket for event in heard if isinstance(event, KeyMaterial)) == list(range(1, 101))
    assert len(set(secrets)) == len(secrets) == 200


def test_the_same_order_again_gives_other_secrets(answers: Answers) -> None:
    first, second = answers([MakeKeys(Ticket(1), (32,))] * 2)
    assert first != second
