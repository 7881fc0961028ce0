"""`/secrets`: what only entitled tasks may read; no answer ever has their data."""

from typing import Final

from core.codec.docker.secret import decode_secret_spec, encode_secret
from core.objects import Secret
from core.operations import CreateSecret, Kind, Remove, UpdateSecret
from swarmsim.api.call import Call, Json
from swarmsim.api.host import named
from swarmsim.api.route import FILTERS, VERSION, Route

_FILTERS: Final = ("id", "label", "name", "names")


async def list_secrets(call: Call) -> Json:
    """All secrets, or those that the filters let through; `names` are exact, `name` is how they begin."""
    filters = call.filters(*_FILTERS)
    store = await call.host.read()
    return [
        encode_secret(secret)
        for secret in store.secrets.values()
        if filters.prefix("id", secret.id)
        and filters.prefix("name", secret.spec.name)
        and filters.one_of("names", (secret.spec.name,))
        and filters.labels("label", secret.spec.labels)
    ]


async def inspect_secret(call: Call) -> Json:
    """One secret."""
    return encode_secret(named(await call.host.read(), Kind.SECRET, Secret, call.path("id")))


async def create_secret(call: Call) -> Json:
    """Store one."""
    return {"ID": await call.host.ask(CreateSecret(decode_secret_spec(await call.body())))}


async def update_secret(call: Call) -> None:
    """Only labels change."""
    version = call.number("version")
    spec = decode_secret_spec(await call.body())
    secret = named(await call.host.read(), Kind.SECRET, Secret, call.path("id"))
    await call.host.ask(UpdateSecret(secret.id, version, spec))


async def remove_secret(call: Call) -> None:
    """One that no service uses."""
    await call.host.ask(Remove(Kind.SECRET, call.path("id")))


ROUTES: Final = (
    Route("GET", "/secrets", list_secrets, "The secrets.", query=(FILTERS,), answer="Secret[]", errors=(503,)),
    Route(
        "POST",
        "/secrets/create",
        create_secret,
        "Store a secret.",
        body="SecretSpec",
        answer="ID",
        success=201,
        errors=(409, 503),
    ),
    Route("GET", "/secrets/{id}", inspect_secret, "One secret.", answer="Secret", errors=(404, 503)),
    Route("DELETE", "/secrets/{id}", remove_secret, "Remove a secret.", success=204, errors=(404, 503)),
    Route(
        "POST",
        "/secrets/{id}/update",
        update_secret,
        "Change a secret's labels.",
        query=(VERSION,),
        body="SecretSpec",
        errors=(404, 503),
    ),
)
