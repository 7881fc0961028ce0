"""Records as tables: which place in a JSON object holds which field, and what kind of value it is, for both directions.

The place is a path, so that an object may have objects within where the record has plain fields:

    NETWORK = table(
        Network,
        Field("Name", "name", TEXT),
        Field("DriverConfiguration.Options", "options", LABELS),
        Kept("ConfigFrom"),
    )

Reading goes by Go's rules: names in whatever case, null as absent, unknown names ignored. What is absent is as the
record's default says. Writing leaves out what is empty (Go's `omitempty`) where reading puts the same in its place,
unless the field is `always` there. So what is written is read back as the same record, whatever the table.

What Docker has and we do not is `Kept`: it comes back as it was sent, and a client can be told that it has no effect
(`core.codec.docker.unsupported`). A record with rows of this kind has a field `unsupported` for it.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final, Generic, TypeVar

from msgspec import NODEFAULT, UNSET, Struct, structs

from core.codec.docker.kept import Kept, as_unsupported, kept_in, parsed
from core.codec.docker.kinds import Kind, Object
from core.document import Value
from core.json_schema import Schema, put
from core.mistakes import Mistakes

_KEPT: Final[Schema] = {"description": "Kept as it was sent, without effect."}
Record = TypeVar("Record", bound=Struct)


class Field(Struct, frozen=True):
    """A place in the object and the record's attribute that it holds."""

    path: str
    attribute: str
    kind: Kind[Any]
    always: bool = False
    """Whether it is written when it is empty, too."""
    absent: Any = UNSET
    """What it is where nothing is said, if that is not the record's own default."""


class Section(Struct, frozen=True):
    """An object within that is written even when nothing is in it."""

    path: str


class Table(Generic[Record]):
    """A record's fields by their places. Raises `DocumentError`, of all that is wrong at once."""

    def __init__(self, make: type[Record], *rows: Field | Kept | Section) -> None:
        defaults = {field.name: _default(field) for field in structs.fields(make)}
        self._make = make
        self._fields = [row for row in rows if isinstance(row, Field)]
        self._kept = [row for row in rows if isinstance(row, Kept)]
        self._usual = {row.path: row.usual for row in self._kept}
        self._sections = [row.path for row in rows if isinstance(row, Section)]
        self._said = {row.attribute: row.absent for row in self._fields if row.absent is not UNSET}
        self._absent = {row.attribute: defaults[row.attribute] for row in self._fields} | self._said
        assert NODEFAULT not in self._absent.values(), "what is it, where nothing is said?"

    def kind(self) -> Kind[Record]:
        """The record as a kind of value, to lie within others."""
        return Kind(self.read, self.write, self.schema(), self.kept)

    def read(self, value: Value) -> Record:
        """The record that an object says."""
        return self.read_over(value, {})

    def read_over(self, value: Value, below: Mapping[str, Any]) -> Record:
        """Likewise; attributes of which the object says nothing are taken from `below`, as far as they are there."""
        mistakes = Mistakes()
        body = _Body(value, mistakes)
        found = {**self._said, **below}
        for field in self._fields:
            place = body.find(field.path)
            if place is not None and not field.kind.says_nothing(place):
                found[field.attribute] = mistakes.attempt(partial(field.kind.read, place))
        if self._kept:
            found["unsupported"] = self._read_kept(body, mistakes, below.get("unsupported", ""))
        mistakes.settle()
        return self._make(**found)

    def _read_kept(self, body: "_Body", mistakes: Mistakes, below: str) -> str:
        kept = parsed(below)
        for row in self._kept:
            content = mistakes.attempt(partial(row.content, body.find(row.path)))
            if content is not None:
                kept[row.path] = content
        return as_unsupported({path: content for path, content in kept.items() if content != self._usual.get(path)})

    def write(self, record: Record) -> Object:
        """The object that says this record."""
        body: Object = {}
        self.write_into(body, record)
        return body

    def write_into(self, body: Object, record: Record) -> None:
        """Likewise, into an object that says other things, too."""
        for path in self._sections:
            _put(body, path, {})
        for field in self._fields:
            content = getattr(record, field.attribute)
            if content or field.always or content != self._absent[field.attribute]:
                _put(body, field.path, field.kind.write(content))
        kept = kept_in(record)
        for row in self._kept:
            content = kept.get(row.path, row.usual)
            if content is not None:
                _put(body, row.path, content, beside=bool(row.items_with))

    def schema(self) -> Object:
        """How the object looks. It may lack anything: what of it an answer always has, its encoder knows."""
        schema: Object = {"type": "object", "properties": {}}
        self.schema_into(schema)
        return schema

    def schema_into(self, schema: Object) -> None:
        """Likewise, into the schema of an object that says other things, too."""
        for path in self._sections:
            put(schema, path, {"type": "object", "properties": {}})
        for field in self._fields:
            put(schema, field.path, field.kind.schema)
        for row in self._kept:
            put(schema, f"{row.path}[].{row.items_with}" if row.items_with else row.path, _KEPT)

    def kept(self, record: Record) -> Iterator[str]:
        """The paths of what is kept in the record, and in those within it."""
        kept = kept_in(record)
        yield from (f".{row}" for row in self._kept if row.path in kept)
        for field in self._fields:
            content = getattr(record, field.attribute)
            if content is not None:
                yield from (f".{field.path}{path}" for path in field.kind.kept(content))


class _Alone(Struct, frozen=True):
    content: Any


def within(path: str, kind: Kind[Any], absent: Any) -> Kind[Any]:
    """A value that lies alone in objects within objects."""
    alone = Table(_Alone, Field(path, "content", kind, always=True, absent=absent))
    return Kind(lambda value: alone.read(value).content, lambda content: alone.write(_Alone(content)), alone.schema())


def table(make: type[Record], *rows: Field | Kept | Section) -> Kind[Record]:
    """A record as a kind of value."""
    return Table(make, *rows).kind()


class _Body:
    """An object and those within it, each read when it is first asked for: a bad one is complained of once."""

    def __init__(self, value: Value, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._sections: dict[str, dict[str, Value]] = {"": self._entries(value)}

    def find(self, path: str) -> Value | None:
        """What is written at a place; None if there is nothing, or null."""
        section, _, name = path.rpartition(".")
        if section not in self._sections:
            place = self.find(section)
            self._sections[section] = {} if place is None else self._entries(place)
        found = self._sections[section].get(name.lower())
        return None if found is None or found.is_null else found

    def _entries(self, value: Value) -> dict[str, Value]:
        entries = self._mistakes.attempt(value.mapping) or {}
        return {name.lower(): place for name, place in entries.items()}


def _default(field: structs.FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _put(body: Object, path: str, content: Any, beside: bool = False) -> None:
    *sections, name = path.split(".")
    for section in sections:
        body = body.setdefault(section, {})
    body[name] = [*body.get(name, ()), *content] if beside else content
