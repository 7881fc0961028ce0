"""Hypothesis strategies for records, derived from their definitions as msgspec sees them."""

from typing import Any, get_origin

import msgspec.inspect as inspect
from hypothesis import strategies as st

INT64 = (-(2**63), 2**63 - 1)


def instances(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a type built from structs, enums, unions, tuples, dicts and scalars; containers stay small."""
    return _strategy(inspect.type_info(annotation))


def _strategy(described: inspect.Type) -> st.SearchStrategy[Any]:
    match described:
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(get_origin(cls) or cls, **{field.name: _strategy(field.type) for field in fields})
        case inspect.UnionType(types=types):
            return st.one_of(*map(_strategy, types))
        case inspect.VarTupleType(item_type=item):
            return st.lists(_strategy(item), max_size=2).map(tuple)
        case inspect.TupleType(item_types=items):
            return st.tuples(*map(_strategy, items))
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_strategy(key), _strategy(value), max_size=2)
        case inspect.EnumType(cls=enum):
            return st.sampled_from(enum)
        case _:
            return _scalar(described)


def _scalar(described: inspect.Type) -> st.SearchStrategy[Any]:
    match described:
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(*INT64)
        case inspect.FloatType():
            return st.floats(allow_nan=False)
        case inspect.StrType():
            return st.text(max_size=8)
        case inspect.BytesType():
            return st.binary(max_size=8)
    raise TypeError(f"{described} does not cross the wire")
