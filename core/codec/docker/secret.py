"""Secrets: `Secret` to Docker's, which never shows what it holds."""

from typing import Final

from core import json_schema
from core.codec.docker.kept import Kept
from core.codec.docker.kinds import BYTES, LABELS, TEXT, Object
from core.codec.docker.schemas import META, named
from core.codec.docker.tables import Field, Table
from core.codec.docker.times import meta
from core.document import Value
from core.json_schema import shape
from core.objects.secret import Secret, SecretSpec

SECRET_SPEC: Final = Table(
    SecretSpec,
    Field("Name", "name", TEXT, absent=""),
    Field("Labels", "labels", LABELS, always=True),
    Field("Data", "data", BYTES),
    Kept("Driver"),
    Kept("Templating"),
)


SECRET: Final = shape({"ID": json_schema.TEXT, **META, "Spec": named("SecretSpec")})


def decode_secret_spec(body: object) -> SecretSpec:
    """The body of POST /secrets/create and /secrets/{id}/update."""
    return SECRET_SPEC.read(Value("", body))


def encode_secret(secret: Secret) -> Object:
    """An answer of GET /secrets: all but the data."""
    spec = SECRET_SPEC.write(secret.spec)
    spec.pop("Data", None)
    return {"ID": secret.id, **meta(secret.version, secret.created_at, secret.updated_at), "Spec": spec}
