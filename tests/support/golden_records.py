"""Examples of every kind of record that crosses the wire or the disk, each alone, and their bytes as once written.

`python tests/support/golden_records.py` adds a line to `tests/core/codec/golden.txt` for each kind that has none, as a
new one must. A line that is there is never changed, but for the name of a class that moved: it is what a host of this
version may have written. A kind may have several. With a new `wire.VERSION` all begin anew: empty the file first.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec
import msgspec.inspect as inspect

from core.codec.wire import FAMILIES, decode, encode

GOLDEN: Final = Path(__file__).parents[1] / "core/codec/golden.txt"
_SCALARS: Final[dict[type, Any]] = {
    inspect.BoolType: True,
    inspect.IntType: 1,
    inspect.FloatType: 0.5,
    inspect.StrType: "x",
    inspect.BytesType: b"x",
}

MEMBERS: Final = [member for union in FAMILIES.values() for member in get_args(union) or (union,)]
_TOP: Final = {get_origin(member) or member for member in MEMBERS}


def kinds() -> dict[str, inspect.StructType]:
    """By name, every kind of record that is sent or stored, or lies in one that is."""
    found: dict[str, inspect.StructType] = {}
    left: list[inspect.Type] = [inspect.type_info(member) for member in MEMBERS]
    while left:
        described = left.pop()
        if isinstance(described, inspect.StructType):
            name = _name(described)
            if name in found:
                continue
            found[name] = described
        left.extend(_parts(described))
    return dict(sorted(found.items()))


def written(kind: inspect.StructType) -> bytes:
    """The bytes of an example."""
    record = _example(kind)
    return encode(record) if type(record) in _TOP else msgspec.msgpack.encode(record)


def read(kind: inspect.StructType, encoded: bytes) -> Any:
    """The record that these bytes are. Raises an error if they are none of this kind."""
    if _class(kind) in _TOP:
        return decode(encoded)
    return msgspec.msgpack.decode(encoded, type=kind.cls)


def golden() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each line."""
    for line in GOLDEN.read_text().splitlines():
        name, encoded = line.split()
        yield name, bytes.fromhex(encoded)


def _class(kind: inspect.StructType) -> Any:
    return get_origin(kind.cls) or kind.cls


def _name(kind: inspect.StructType) -> str:
    return f"{_class(kind).__module__}.{_class(kind).__name__}"


def _parts(described: inspect.Type) -> tuple[inspect.Type, ...]:
    match described:
        case inspect.StructType(fields=fields):
            return tuple(field.type for field in fields)
        case inspect.UnionType(types=types):
            return types
        case inspect.VarTupleType(item_type=item):
            return (item,)
        case inspect.TupleType(item_types=items):
            return items
        case inspect.DictType(key_type=key, value_type=value):
            return key, value
    return ()


def _example(described: inspect.Type) -> Any:
    """Every field filled, but for tuples of records, which have an example of their own."""
    match described:
        case inspect.StructType(fields=fields):
            return _class(described)(**{field.name: _example(field.type) for field in fields})
        case inspect.UnionType(types=types):
            return _example(next(each for each in types if not isinstance(each, inspect.NoneType)))
        case inspect.VarTupleType(item_type=item):
            return () if isinstance(item, inspect.StructType | inspect.UnionType) else (_example(item),)
        case inspect.TupleType(item_types=items):
            return tuple(map(_example, items))
        case inspect.DictType(key_type=key, value_type=value):
            return {_example(key): _example(value)}
        case inspect.EnumType(cls=enum):
            return list(enum)[-1]
    return _SCALARS[type(described)]


if __name__ == "__main__":
    lines = list(golden())
    have = {name for name, _ in lines}
    lines += [(name, written(kind)) for name, kind in kinds().items() if name not in have]
    GOLDEN.write_text("".join(f"{name} {encoded.hex()}\n" for name, encoded in sorted(lines)))
