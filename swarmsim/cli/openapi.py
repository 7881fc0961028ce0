"""`swarmsim openapi`: the document of the API that `swarmsim serve` speaks."""

import msgspec

from swarmsim.api.openapi import document


def openapi() -> None:
    """Print the OpenAPI document of what every served host answers, as JSON."""
    print(msgspec.json.format(msgspec.json.encode(document()).decode(), indent=2))
