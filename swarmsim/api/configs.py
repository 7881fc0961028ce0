"""`/configs`: files that tasks may read, as anybody who asks."""

from typing import Final

from core.codec.docker.config import decode_config_spec, encode_config
from core.objects import Config
from core.operations import CreateConfig, Kind, Remove, UpdateConfig
from swarmsim.api.call import Call, Json
from swarmsim.api.host import named
from swarmsim.api.route import FILTERS, VERSION, Route

_FILTERS: Final = ("id", "label", "name")


async def list_configs(call: Call) -> Json:
    """All configs, or those that the filters let through."""
    filters = call.filters(*_FILTERS)
    store = await call.host.read()
    return [
        encode_config(config)
        for config in store.configs.values()
        if filters.prefix("id", config.id)
        and filters.prefix("name", config.spec.name)
        and filters.labels("label", config.spec.labels)
    ]


async def inspect_config(call: Call) -> Json:
    """One config."""
    return encode_config(named(await call.host.read(), Kind.CONFIG, Config, call.path("id")))


async def create_config(call: Call) -> Json:
    """Store one."""
    return {"ID": await call.host.ask(CreateConfig(decode_config_spec(await call.body())))}


async def update_config(call: Call) -> None:
    """Only labels change."""
    version = call.number("version")
    spec = decode_config_spec(await call.body())
    config = named(await call.host.read(), Kind.CONFIG, Config, call.path("id"))
    await call.host.ask(UpdateConfig(config.id, version, spec))


async def remove_config(call: Call) -> None:
    """One that no service uses."""
    await call.host.ask(Remove(Kind.CONFIG, call.path("id")))


ROUTES: Final = (
    Route("GET", "/configs", list_configs, "The configs.", query=(FILTERS,), answer="Config[]", errors=(503,)),
    Route(
        "POST",
        "/configs/create",
        create_config,
        "Store a config.",
        body="ConfigSpec",
        answer="ID",
        success=201,
        errors=(409, 503),
    ),
    Route("GET", "/configs/{id}", inspect_config, "One config.", answer="Config", errors=(404, 503)),
    Route("DELETE", "/configs/{id}", remove_config, "Remove a config.", success=204, errors=(404, 503)),
    Route(
        "POST",
        "/configs/{id}/update",
        update_config,
        "Change a config's labels.",
        query=(VERSION,),
        body="ConfigSpec",
        errors=(404, 503),
    ),
)
