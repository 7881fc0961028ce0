"""`swarmsim schema`: what editors need to know of scenario files."""

import msgspec

from swarmsim.scenario.schema import scenario_schema


def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    print(msgspec.json.format(msgspec.json.encode(scenario_schema()).decode(), indent=2))
