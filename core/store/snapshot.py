"""A store as a sequence of bounded chunks, which hold the objects themselves and not copies."""

from collections.abc import Iterator

from msgspec import Struct

from core.objects import Config, Secret, StoredObject

CHUNK_OBJECTS = 200
CHUNK_BYTES = 1_048_576
_OBJECT_BYTES = 1_024  # a fair guess for everything but payloads: exact sizes would cost an encoding each


class StoreChunk(Struct, frozen=True, gc=False, tag="store-chunk"):
    """Some objects of a store as it was after the log entry at `index`. Chunks are restored in order."""

    index: int
    objects: tuple[StoredObject, ...]


def chunks(index: int, objects: Iterator[StoredObject]) -> Iterator[StoreChunk]:
    """Cut a stream of objects into chunks of at most 200 objects and about 1 MiB; at least one, for the index."""
    part: list[StoredObject] = []
    size = 0
    for stored in objects:
        weight = _OBJECT_BYTES + (len(stored.spec.data) if isinstance(stored, Secret | Config) else 0)
        if part and (len(part) == CHUNK_OBJECTS or size + weight > CHUNK_BYTES):
            yield StoreChunk(index, tuple(part))
            part, size = [], 0
        part.append(stored)
        size += weight
    yield StoreChunk(index, tuple(part))
