"""A service's mounts: volumes in short and long form, and `tmpfs`.

`Mount.options` carries what `docker service create --mount` would, under the same words: `volume-driver`,
`volume-opt.<key>`, `volume-label.<key>`, `volume-nocopy`, `volume-subpath`, `bind-propagation`, `tmpfs-size` (bytes),
`tmpfs-mode` (octal), `image-subpath`, `consistency`.
"""

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from core.compose.lists import one_or_more
from core.compose.surroundings import Surroundings
from core.document import Value, scalar_as_text
from core.mistakes import each
from core.objects.task import Mount
from core.suggestions import did_you_mean, what_there_is


class Volume(Struct, frozen=True, gc=False):
    """A volume as declared at the top level: its name on the nodes, and its mount options."""

    name: str
    options: dict[str, str] = {}


KINDS: Final = ("volume", "bind", "tmpfs", "image", "npipe")
_PROPAGATIONS: Final = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_CONSISTENCIES: Final = ("consistent", "cached", "delegated")
_SHORT: Final = re.compile(r"(?:(?P<source>[^:]+):)?(?P<target>/[^:]*)(?::(?P<modes>[\w,]+))?")
_NONE: Final = Value("", None)
_WITH_OPTIONS: Final = ("bind", "volume", "tmpfs", "image")
_LONG_KEYS: Final = ("type", "source", "target", "read_only", "consistency", *_WITH_OPTIONS)


def mounts(entries: dict[str, Value], volumes: Mapping[str, Volume], around: Surroundings) -> tuple[Mount, ...]:
    """Everything mounted into a service's containers, in the order written; one mount per target."""
    found: dict[str, Mount] = {}
    items = entries.get("volumes", _NONE).items()
    places = list(zip(items, each(items, lambda item: _volume(item, volumes, around)), strict=True))
    if "tmpfs" in entries:
        places += [(entries["tmpfs"], _tmpfs(entries["tmpfs"], text)) for text in one_or_more(entries["tmpfs"])]
    for place, mount in places:
        if mount.target in found:
            place.fail(f"something is mounted at {mount.target!r} already")
        found[mount.target] = mount
    return tuple(found.values())


def _volume(item: Value, volumes: Mapping[str, Volume], around: Surroundings) -> Mount:
    form = _long_form if item.is_mapping else _short_form
    return form(item, volumes, around)


def _tmpfs(place: Value, text: str) -> Mount:
    target, _, written = text.partition(":")
    options = {}
    for option in filter(None, written.split(",")):
        key, _, value = option.partition("=")
        options[f"tmpfs-{key}"] = str(Value(place.path, value).size_bytes()) if key == "size" else value
    return Mount("tmpfs", target, options=options)


def _short_form(item: Value, volumes: Mapping[str, Volume], around: Surroundings) -> Mount:
    match = _SHORT.fullmatch(item.text())
    if match is None:
        item.fail(f"{item.text()!r} is not a mount; write it like data:/var/lib/data, ./web:/srv:ro or /cache")
    source = match["source"] or ""
    options: dict[str, str] = {}
    read_only = False
    for mode in (match["modes"] or "").split(","):
        if mode in ("ro", "rw"):
            read_only = mode == "ro"
        elif mode == "nocopy":
            options["volume-nocopy"] = "true"
        elif mode in _PROPAGATIONS:
            options["bind-propagation"] = mode
        elif mode in _CONSISTENCIES:
            options["consistency"] = mode
        elif mode not in ("", "z", "Z"):  # labels of SELinux mean nothing to a swarm
            known = ("ro", "rw", "nocopy", *_PROPAGATIONS, *_CONSISTENCIES)
            item.fail(f"unknown mode {mode!r} in {item.text()!r}{what_there_is(mode, known)}")
    if source.startswith((".", "/", "~")):
        return Mount("bind", match["target"], _on_the_client(source, around), read_only, options)
    return _volume_mount(item, match["target"], source, read_only, options, volumes)


def _long_form(item: Value, volumes: Mapping[str, Volume], around: Surroundings) -> Mount:
    entries = item.fields(*_LONG_KEYS, required=["type", "target"])
    if entries["type"].raw == "cluster":
        entries["type"].fail(
            "volumes of the cluster (CSI) are not supported; mount a volume, of which each node has its own"
        )
    kind = entries["type"].one_of(KINDS)
    source = entries["source"].text() if "source" in entries else ""
    target = entries["target"].text()
    read_only = entries["read_only"].boolean() if "read_only" in entries else False
    options = _long_options(item, kind, entries)
    if kind == "tmpfs":
        if source:
            entries["source"].fail("a tmpfs has no source")
        return Mount("tmpfs", target, "", read_only, options)
    if kind != "volume":
        if not source:
            item.fail(f"'source' is missing: a mount of type {kind} needs one")
        return Mount(kind, target, _on_the_client(source, around) if kind == "bind" else source, read_only, options)
    return _volume_mount(entries.get("source", item), target, source, read_only, options, volumes)


def _long_options(item: Value, kind: str, entries: dict[str, Value]) -> dict[str, str]:
    for other in _WITH_OPTIONS:
        if other != kind and other in entries:
            entries[other].fail(f"options of a {other} on a mount of type {kind}")
    options: dict[str, str] = {}
    if "consistency" in entries:
        options["consistency"] = entries["consistency"].text()
    section = entries.get(kind, Value(f"{item.path}.{kind}", None))
    if kind == "bind":
        for key, value in section.fields("propagation", "create_host_path", "selinux").items():
            if key == "propagation":
                options["bind-propagation"] = value.one_of(_PROPAGATIONS)
    elif kind == "volume":
        for key, value in section.fields("nocopy", "subpath").items():
            options[f"volume-{key}"] = scalar_as_text(value.raw)
    elif kind == "image":
        for key, value in section.fields("subpath").items():
            options[f"image-{key}"] = value.text()
    else:
        for key, value in section.fields("size", "mode").items():
            options[f"tmpfs-{key}"] = str(value.size_bytes()) if key == "size" else f"{value.integer(0):o}"
    return options


def _volume_mount(
    place: Value, target: str, source: str, read_only: bool, options: dict[str, str], volumes: Mapping[str, Volume]
) -> Mount:
    if not source:  # an anonymous volume
        return Mount("volume", target, "", read_only, options)
    volume = volumes.get(source)
    if volume is None:
        place.fail(f"volume {source!r} is not declared under the top-level volumes{did_you_mean(source, volumes)}")
    return Mount("volume", target, volume.name, read_only, {**volume.options, **options})


def _on_the_client(source: str, around: Surroundings) -> str:
    # A relative path starts at the client's Compose file, though it is the node that must have it.
    if source.startswith("~"):
        source = around.environment.get("HOME", "~") + source[1:]
    return posixpath.normpath(posixpath.join(around.directory, source))
