"""One host of a world as its own API sees it: what it is asked, and what is to be seen of it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol, TypeVar, TypeVarTuple

from core.codec.docker.service import encode_service
from core.manager.control.queries import query
from core.objects import StoredObject
from core.operations import Answer, Inspect, Kind, Operation, OperationError
from core.raft.effects import Result
from core.store import Store
from core.timing import MS
from swarmsim.api.encoded import EncodedRecords
from swarmsim.api.engine.execs import Execs
from swarmsim.api.errors import ApiError, answer_of, refusal
from swarmsim.api.events.event_log import EventLog
from swarmsim.api.names import NameMaker
from swarmsim.containers import ContainerEngine, Content, EngineError, EngineWorld, Told
from swarmsim.world import HostStatus, Power

ObjectT = TypeVar("ObjectT", bound=StoredObject)
Arguments = TypeVarTuple("Arguments")
_LOOK_NS: Final = 20 * MS
"""How often it is looked whether a daemon that does not get to run does again."""


class Pace(Protocol):
    """How a world's time goes by while somebody waits for it."""

    def awaited(self) -> AbstractContextManager[None]:
        """Somebody waits for what happens in the world: it is brought up to date, and goes on until they do not."""

    def answered(self) -> None:
        """What somebody waits for has come: they want to be told before the world goes on."""


@contextmanager
def _at_its_own_pace() -> Iterator[None]:
    yield


class OwnPace:
    """Of a world whose time needs nobody: a real one, or one that another loop drives."""

    def awaited(self) -> AbstractContextManager[None]:
        return _at_its_own_pace()

    def answered(self) -> None:
        """Nobody holds it up."""


class ApiHost:
    """`name` is the world's for it."""

    def __init__(self, world: EngineWorld, name: str, pace: Pace) -> None:
        self.world = world
        self.name = name
        self.pace = pace
        self.events = EventLog(world, name)
        self.services = EncodedRecords(encode_service)
        self.names = NameMaker(world.random(f"names given by {name}"))
        self.execs = Execs(world.random(f"ids of execs on {name}"))

    async def close(self, application: object = None) -> None:
        """Nobody asks any more."""
        self.events.close()

    @property
    def status(self) -> HostStatus:
        """This host just now."""
        return self.world.status(self.name)

    @property
    def store(self) -> Store | None:
        """What it has applied, to be read at once; None unless it is a manager."""
        return self.world.store(self.name)

    async def ask(self, operation: Operation) -> Answer:
        """What the swarm, or this host, answers; ApiError for a refusal. A request that is cancelled is withdrawn."""
        answered: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def answer(result: Result) -> None:
            if not answered.done():
                answered.set_result(result)
                self.pace.answered()

        with self.pace.awaited():
            withdraw = self.world.submit(self.name, operation, answer)
            try:
                return answer_of(await answered)
            finally:
                if not answered.done() or answered.cancelled():
                    withdraw()

    async def awake(self) -> None:
        """Wait until its daemon gets to run: one that is paused does nothing."""
        with self.pace.awaited():
            while self.world.power(self.name) is Power.PAUSED:
                await self.order(self._after_a_while)

    async def engine(self) -> ContainerEngine:
        """Its container engine, to be asked through a daemon that gets to run."""
        await self.awake()
        return self.world.engine(self.name)

    def _after_a_while(self, told: Told[None]) -> None:
        self.world.call_at(self.world.now_ns + _LOOK_NS, lambda: told(None))

    async def order(self, begin: Callable[[*Arguments, Told[Content]], None], *arguments: *Arguments) -> Content:
        """What the callback is told that `begin` is given last; EngineError for what the engine does not do."""
        answered: asyncio.Future[Content | EngineError] = asyncio.get_running_loop().create_future()

        def answer(result: Content | EngineError) -> None:
            if not answered.done():
                answered.set_result(result)
                self.pace.answered()

        with self.pace.awaited():
            begin(*arguments, answer)
            result = await answered
        if isinstance(result, EngineError):
            raise result
        return result

    async def read(self) -> Store:
        """The swarm's objects as they are by now at the earliest, to be read before anything else is awaited.

        ApiError unless this host is a manager, and a majority of managers is there to say so.
        """
        await self.ask(Inspect(Kind.CLUSTER, "default"))
        store = self.store
        if store is None:  # it has ceased to be a manager since it answered
            raise ApiError(503, "This node is not a swarm manager any more: ask another one.")
        return store


def named(store: Store, kind: Kind, of: type[ObjectT], reference: str) -> ObjectT:
    """One object by id, exact name or id prefix; ApiError if there is none, or more than one."""
    found = query(store, Inspect(kind, reference))
    if isinstance(found, OperationError):
        raise refusal(found)
    assert isinstance(found, of)
    return found
