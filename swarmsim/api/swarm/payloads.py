"""`/secrets` and `/configs`: what tasks read as files. Answers have the data of configs, never that of secrets."""

from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

from msgspec import Struct

from core.codec.docker.config import decode_config_spec, encode_config
from core.codec.docker.kinds import Object
from core.codec.docker.secret import decode_secret_spec, encode_secret
from core.objects import Config, Secret
from core.objects.config import ConfigSpec
from core.objects.secret import SecretSpec
from core.operations import CreateConfig, CreateSecret, Kind, Operation, Remove, UpdateConfig, UpdateSecret
from core.store import Store
from swarmsim.api.call import Call, Json
from swarmsim.api.host import named
from swarmsim.api.route import FILTERS, VERSION, Route

PayloadT = TypeVar("PayloadT", bound=Secret | Config)
SpecT = TypeVar("SpecT")


class Payload(Struct, Generic[PayloadT, SpecT], frozen=True):
    """One kind: what its records are, how they are written, and what is asked for to make and change one."""

    kind: Kind
    of: type[PayloadT]
    in_store: Callable[[Store], Iterable[PayloadT]]
    filters: tuple[str, ...]
    encode: Callable[[PayloadT], Object]
    decode_spec: Callable[[object], SpecT]
    create: Callable[[SpecT], Operation]
    update: Callable[[str, int, SpecT], Operation]


def routes_of(payload: Payload[PayloadT, SpecT]) -> tuple[Route, ...]:
    """All that is served of one kind."""
    what, record = payload.kind.value, payload.of.__name__
    path = f"/{what}s"

    async def list_all(call: Call) -> Json:
        """`names` are exact, `name` is how they begin."""
        filters = call.filters(*payload.filters)
        store = await call.host.read()
        return [
            payload.encode(each)
            for each in payload.in_store(store)
            if filters.prefix("id", each.id)
            and filters.prefix("name", each.spec.name)
            and filters.one_of("names", (each.spec.name,))
            and filters.labels("label", each.spec.labels)
        ]

    async def inspect(call: Call) -> Json:
        return payload.encode(named(await call.host.read(), payload.kind, payload.of, call.path("id")))

    async def create(call: Call) -> Json:
        return {"ID": await call.host.ask(payload.create(payload.decode_spec(await call.body())))}

    async def update(call: Call) -> None:
        version = call.number("version")
        spec = payload.decode_spec(await call.body())
        found = named(await call.host.read(), payload.kind, payload.of, call.path("id"))
        await call.host.ask(payload.update(found.id, version, spec))

    async def remove(call: Call) -> None:
        await call.host.ask(Remove(payload.kind, call.path("id")))

    spec = f"{record}Spec"
    made = Route(
        "POST", f"{path}/create", create, f"Store a {what}.", body=spec, answer="ID", success=201, errors=(409, 503)
    )
    changed = Route(
        "POST",
        f"{path}/{{id}}/update",
        update,
        f"Change a {what}'s labels, and nothing else.",
        query=(VERSION,),
        body=spec,
        errors=(404, 503),
    )
    return (
        Route("GET", path, list_all, f"The {what}s.", query=(FILTERS,), answer=f"{record}[]", errors=(503,)),
        made,
        Route("GET", f"{path}/{{id}}", inspect, f"One {what}.", answer=record, errors=(404, 503)),
        Route(
            "DELETE", f"{path}/{{id}}", remove, f"Remove a {what} that no service uses.", success=204, errors=(404, 503)
        ),
        changed,
    )


SECRETS: Final[Payload[Secret, SecretSpec]] = Payload(
    kind=Kind.SECRET,
    of=Secret,
    in_store=lambda store: store.secrets.values(),
    filters=("id", "label", "name", "names"),
    encode=encode_secret,
    decode_spec=decode_secret_spec,
    create=CreateSecret,
    update=UpdateSecret,
)
CONFIGS: Final[Payload[Config, ConfigSpec]] = Payload(
    kind=Kind.CONFIG,
    of=Config,
    in_store=lambda store: store.configs.values(),
    filters=("id", "label", "name"),
    encode=encode_config,
    decode_spec=decode_config_spec,
    create=CreateConfig,
    update=UpdateConfig,
)
ROUTES: Final = routes_of(SECRETS) + routes_of(CONFIGS)
