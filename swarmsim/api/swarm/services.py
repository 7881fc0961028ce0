"""`/services`: what is declared, and how far it has come."""

from typing import Final

from msgspec.structs import replace

from core.codec.docker.service import decode_service_spec, encode_counts
from core.codec.docker.unsupported import warnings
from core.objects import Service
from core.objects.service import ServiceSpec
from core.operations import CreateService, Kind, Remove, UpdateService
from core.store import Store
from swarmsim.api.call import Call, Json
from swarmsim.api.errors import ApiError, bad_request
from swarmsim.api.host import named
from swarmsim.api.route import FILTERS, VERSION, Parameter, Route
from swarmsim.api.swarm.service_counts import counts_of, mode_word

_NAMES_TRIED: Final = 5
_FILTERS: Final = ("id", "label", "mode", "name", "runtime")


async def list_services(call: Call) -> Json:
    """All services, or those that the filters let through; with `status`, how many tasks run of how many."""
    filters = call.filters(*_FILTERS)
    with_status = call.flag("status")
    store = await call.host.read()
    return [
        call.host.services.of(service, encode_counts(counts_of(store, service)) if with_status else None)
        for service in store.services.values()
        if filters.prefix("id", service.id)
        and filters.prefix("name", service.spec.name)
        and filters.one_of("mode", (mode_word(service.spec.mode),))
        and filters.one_of("runtime", ("container",))
        and filters.labels("label", service.spec.labels)
    ]


async def inspect_service(call: Call) -> Json:
    """One service. Defaults are always in it: the swarm has them filled in."""
    return call.host.services.of(_service(await call.host.read(), call))


async def create_service(call: Call) -> Json:
    """Declare one."""
    spec = decode_service_spec(await call.body())
    service_id = await call.host.ask(CreateService(spec)) if spec.name else await _create_nameless(call, spec)
    return {"ID": service_id, "Warnings": list(warnings(spec)) or None}


async def _create_nameless(call: Call, spec: ServiceSpec) -> Json:
    for number in range(_NAMES_TRIED):
        try:
            return await call.host.ask(CreateService(replace(spec, name=call.host.names.draw(number))))
        except ApiError as error:
            if error.status != 409:
                raise
            refused = error
    raise refused


async def update_service(call: Call) -> Json:
    """Declare another spec, or go back to the one before."""
    version = call.number("version")
    rollback = call.text("rollback")
    if rollback not in ("", "previous"):
        raise bad_request(f"invalid rollback option {rollback!r}: it is 'previous', or is left out")
    if call.text("registryAuthFrom") not in ("", "spec", "previous-spec"):
        raise bad_request(f"unsupported registryAuthFrom value: {call.text('registryAuthFrom')!r}")
    spec = decode_service_spec(await call.body())
    service = _service(await call.host.read(), call)
    await call.host.ask(UpdateService(service.id, version, spec, rollback=bool(rollback)))
    return {"Warnings": list(warnings(spec)) or None}


async def remove_service(call: Call) -> None:
    """It is gone at once, its tasks stop."""
    await call.host.ask(Remove(Kind.SERVICE, call.path("id")))


def _service(store: Store, call: Call) -> Service:
    return named(store, Kind.SERVICE, Service, call.path("id"))


_STATUS: Final = Parameter("status", "boolean", "Whether to count each service's tasks.")
_DEFAULTS: Final = Parameter("insertDefaults", "boolean", "Without effect: defaults are always there.")
_ROLLBACK: Final = Parameter("rollback", "string", "`previous`: go back to the spec before, whatever the body says.")
_AUTH_FROM: Final = Parameter("registryAuthFrom", "string", "Without effect.")
ROUTES: Final = (
    Route("GET", "/services", list_services, "The services.", (FILTERS, _STATUS), answer="Service[]", errors=(503,)),
    Route(
        "POST",
        "/services/create",
        create_service,
        "Declare a service.",
        body="ServiceSpec",
        answer="ServiceCreated",
        success=201,
        errors=(403, 404, 409, 501, 503),
    ),
    Route("GET", "/services/{id}", inspect_service, "One service.", (_DEFAULTS,), answer="Service", errors=(404, 503)),
    Route("DELETE", "/services/{id}", remove_service, "Remove a service.", errors=(404, 503)),
    Route(
        "POST",
        "/services/{id}/update",
        update_service,
        "Declare another spec.",
        query=(VERSION, _ROLLBACK, _AUTH_FROM),
        body="ServiceSpec",
        answer="Warnings",
        errors=(403, 404, 409, 501, 503),
    ),
)
