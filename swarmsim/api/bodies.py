"""Bodies of requests about one engine, read as Docker reads them: names in any case, null as nothing."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from swarmsim.api.errors import bad_request

StructT = TypeVar("StructT", bound=Struct)


def read(body: Mapping[str, Any], of: type[StructT], what: str) -> StructT:
    """What is written in it; names that are not known are passed over. ApiError, which tells of `what`, for what is
    of another kind than it should be."""
    names = {field.encode_name.lower(): field.encode_name for field in msgspec.structs.fields(of)}
    said = {names[key.lower()]: value for key, value in body.items() if value is not None and key.lower() in names}
    try:
        return msgspec.convert(said, of)
    except msgspec.ValidationError as error:
        raise bad_request(f"invalid {what}: {error}") from None
