"""The JSON Schema of scenario files, made from the tables of the language: for editors, which complete and mark by it.

It knows the form. What names there are, what comes before what, and what a Compose file says, only the loader knows.
"""

from typing import Any, Final

from core.json_schema import NOTHING, Schema, either, listed
from swarmsim.scenario.expectation_language import expectation_schemas
from swarmsim.scenario.forms import mapping
from swarmsim.scenario.plan_language import CLUSTER, images_schema, traffic_schema, writer_schema
from swarmsim.scenario.stack_language import schema_of_files
from swarmsim.scenario.step_language import step_schemas
from swarmsim.scenario.target_language import HOSTS_NAME, hosts_schema
from swarmsim.scenario.words import POSITIVE_DURATION, TEXT

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
NEEDED: Final = ("name", "cluster")


def scenario_schema() -> dict[str, Any]:
    """As it is to be written out."""
    sections = {
        "name": TEXT.schema,
        "purpose": TEXT.schema,
        "cluster": CLUSTER.schema(),
        "images": _or_nothing(images_schema()),
        "deploy": _list_of(mapping({"stack": schema_of_files()}, ["stack"])),
        "traffic": _list_of(traffic_schema()),
        "writers": _list_of(writer_schema()),
        "timeline": _list_of(either(*step_schemas())),
        "expect": _list_of(either(*expectation_schemas())),
        "end": POSITIVE_DURATION.schema,
    }
    return {
        "$schema": DIALECT,
        "title": "A scenario of swarmsim",
        **mapping(sections, NEEDED),
        "$defs": {HOSTS_NAME: hosts_schema()},
    }


def _list_of(schema: Schema) -> Schema:
    return _or_nothing(listed(schema))


def _or_nothing(schema: Schema) -> Schema:
    """A section in which nothing is written yet is an empty one."""
    return either(schema, NOTHING)
