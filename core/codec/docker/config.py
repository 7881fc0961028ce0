"""Configs: `Config` to Docker's, data and all."""

from typing import Final

from core import json_schema
from core.codec.docker.kept import Kept
from core.codec.docker.kinds import BYTES, LABELS, TEXT, Object
from core.codec.docker.schemas import META, named
from core.codec.docker.tables import Field, Table
from core.codec.docker.times import meta
from core.document import Value
from core.json_schema import shape
from core.objects.config import Config, ConfigSpec

CONFIG_SPEC: Final = Table(
    ConfigSpec,
    Field("Name", "name", TEXT, absent=""),
    Field("Labels", "labels", LABELS, always=True),
    Field("Data", "data", BYTES),
    Kept("Templating"),
)
CONFIG: Final = shape({"ID": json_schema.TEXT, **META, "Spec": named("ConfigSpec")})


def decode_config_spec(body: object) -> ConfigSpec:
    """The body of POST /configs/create and /configs/{id}/update."""
    return CONFIG_SPEC.read(Value("", body))


def encode_config(config: Config) -> Object:
    """An answer of GET /configs."""
    spec = CONFIG_SPEC.write(config.spec)
    return {"ID": config.id, **meta(config.version, config.created_at, config.updated_at), "Spec": spec}
