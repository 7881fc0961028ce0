"""What two engines have answered otherwise, field by field."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct
from parity.asks import NOTHING
from parity.conversation import Told

_ABSENT: Final = "absent"


class Difference(Struct, frozen=True):
    """`pointer` leads from the request's title to the field: `GET /nodes body/0/Status/State`."""

    pointer: str
    genuine: str
    ours: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.genuine} | {self.ours}"


def differences(genuine: Sequence[Told], ours: Sequence[Told]) -> list[Difference]:
    """Of two conversations by one script."""
    return [
        difference
        for there, here in zip(genuine, ours, strict=True)
        for name in dict.fromkeys((*there.content, *here.content))
        for difference in _between(
            f"{there.title} {name}", there.content.get(name, NOTHING), here.content.get(name, NOTHING)
        )
    ]


def _between(pointer: str, genuine: Any, ours: Any) -> Iterator[Difference]:
    if isinstance(genuine, dict) and isinstance(ours, dict):
        for name in dict.fromkeys((*genuine, *ours)):
            yield from _between(f"{pointer}/{name}", genuine.get(name, NOTHING), ours.get(name, NOTHING))
    elif isinstance(genuine, list) and isinstance(ours, list):
        for number in range(max(len(genuine), len(ours))):
            yield from _between(f"{pointer}/{number}", _of(genuine, number), _of(ours, number))
    elif genuine != ours or isinstance(genuine, bool) is not isinstance(ours, bool):
        yield Difference(pointer, _shown(genuine), _shown(ours))


def _of(values: list[Any], number: int) -> Any:
    return values[number] if number < len(values) else NOTHING


def _shown(value: Any) -> str:
    return _ABSENT if value is NOTHING else json.dumps(value, sort_keys=True, ensure_ascii=False)
