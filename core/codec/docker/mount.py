"""Mounts of a container.

A mount's options are texts by the words of `docker service create --mount` (`core.compose.mounts`); Docker has an
object for each type of mount, where what has no such word is kept. A word that Docker has no place for is not shown.
No container here has files from outside: who asks for mounts can be told that they have no effect.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from core.codec.docker.kept import Kept
from core.codec.docker.kinds import INTEGER, LABELS, TEXT, TEXTS, TRUTH, Kind, Object, choice, many
from core.codec.docker.tables import Field, Table
from core.document import Value
from core.json_schema import WHOLE, Schema, listed
from core.objects.task import Mount


class _Options(Struct, frozen=True):
    """A mount's options by their words, with `_` for `-`; what follows a prefix (`_PREFIXES`) by what follows it."""

    consistency: str = ""
    bind_propagation: str = ""
    volume_nocopy: str = ""
    volume_subpath: str = ""
    volume_driver: str = ""
    volume_opt: dict[str, str] = {}
    volume_label: dict[str, str] = {}
    image_subpath: str = ""
    tmpfs_size: str = ""
    tmpfs_mode: str = ""
    tmpfs: dict[str, str] = {}


_PREFIXES: Final = {"volume_opt": "volume-opt.", "volume_label": "volume-label.", "tmpfs": "tmpfs-"}
_PLAIN: Final = {name.replace("_", "-"): name for name in _Options.__struct_fields__ if name not in _PREFIXES}


def _number_as_text(base: int, form: str) -> Kind[str]:
    def write(text: str) -> int:
        try:
            return int(text, base)
        except ValueError:  # a Compose file may say anything of a tmpfs; its engine is who refuses it
            return 0

    return Kind(lambda value: format(INTEGER.read(value), form), write, WHOLE)


def _flags_and_pairs(value: Value) -> dict[str, str]:
    found = {}
    for item in value.items():
        words = TEXTS.read(item)
        if len(words) not in (1, 2):
            item.fail("expected the name of an option, and what it is set to")
        found[words[0]] = "".join(words[1:])
    return found


_FLAG: Final[Kind[str]] = Kind(lambda value: str(value.boolean()).lower(), lambda text: text == "true", TRUTH.schema)
_PAIRS: Final = Kind(
    _flags_and_pairs,
    lambda pairs: [[name, text] if text else [name] for name, text in pairs.items()],
    listed({**TEXTS.schema, "minItems": 1, "maxItems": 2}),
)

_OPTIONS: Final = Table(
    _Options,
    Field("Consistency", "consistency", TEXT),
    Field("BindOptions.Propagation", "bind_propagation", TEXT),
    Field("VolumeOptions.NoCopy", "volume_nocopy", _FLAG),
    Field("VolumeOptions.Labels", "volume_label", LABELS),
    Field("VolumeOptions.Subpath", "volume_subpath", TEXT),
    Field("VolumeOptions.DriverConfig.Name", "volume_driver", TEXT),
    Field("VolumeOptions.DriverConfig.Options", "volume_opt", LABELS),
    Field("ImageOptions.Subpath", "image_subpath", TEXT),
    Field("TmpfsOptions.SizeBytes", "tmpfs_size", _number_as_text(10, "d")),
    Field("TmpfsOptions.Mode", "tmpfs_mode", _number_as_text(8, "o")),
    Field("TmpfsOptions.Options", "tmpfs", _PAIRS),
)
_MOUNT: Final = Table(
    Mount,
    Field("Type", "kind", choice("bind", "volume", "tmpfs", "npipe", "image"), absent="bind"),
    Field("Source", "source", TEXT),
    Field("Target", "target", TEXT, absent=""),
    Field("ReadOnly", "read_only", TRUTH),
    Kept("BindOptions.NonRecursive"),
    Kept("BindOptions.CreateMountpoint"),
    Kept("BindOptions.ReadOnlyNonRecursive"),
    Kept("BindOptions.ReadOnlyForceRecursive"),
)


def _read(value: Value) -> Mount:
    return structs.replace(_MOUNT.read(value), options=_by_words(_OPTIONS.read(value)))


def _write(mount: Mount) -> Object:
    body = _MOUNT.write(mount)
    _OPTIONS.write_into(body, _by_places(mount.options))
    return body


def _by_words(options: _Options) -> dict[str, str]:
    plain = {word: getattr(options, name) for word, name in _PLAIN.items()}
    keyed = {
        f"{prefix}{key}": text for name, prefix in _PREFIXES.items() for key, text in getattr(options, name).items()
    }
    return {word: text for word, text in plain.items() if text} | keyed


def _by_places(options: dict[str, str]) -> _Options:
    found: dict[str, Any] = {name: {} for name in _PREFIXES}
    for word, text in options.items():
        if word in _PLAIN:
            found[_PLAIN[word]] = text
            continue
        for name, prefix in _PREFIXES.items():
            if word.startswith(prefix):
                found[name][word.removeprefix(prefix)] = text
    return _Options(**found)


def _schema() -> Schema:
    schema = dict(_MOUNT.schema())
    _OPTIONS.schema_into(schema)
    return schema


def _told(mounts: Sequence[Mount]) -> Iterator[str]:
    """All of them at once, whatever is kept in each."""
    return iter(("",) if mounts else ())


MOUNTS: Final = structs.replace(many(Kind(_read, _write, _schema())), kept=_told)
