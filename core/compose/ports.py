"""Published ports: `[address:][published:]target[/protocol]` with ranges, a bare number, or the long form."""

import re
from typing import Final

from core.compose.surroundings import Surroundings
from core.document import Value, is_whole_number
from core.mistakes import each
from core.objects.port import PortConfig, Protocol, PublishMode

_SHORT: Final = re.compile(
    r"""(?:(?:(?P<address>\[[0-9a-fA-F:]+\]|\d+\.\d+\.\d+\.\d+):)?
        (?P<published>[0-9]{1,9}(?:-[0-9]{1,9})?)?:)?
        (?P<target>[0-9]{1,9}(?:-[0-9]{1,9})?)
        (?:/(?P<protocol>\w+))?""",
    re.VERBOSE,
)
_PROTOCOLS: Final = tuple(protocol.value for protocol in Protocol)
_MODES: Final = tuple(mode.value for mode in PublishMode)
_MAX_PORT: Final = 65535


def ports(value: Value, around: Surroundings) -> tuple[PortConfig, ...]:
    """All published ports of a service, sorted; none may be published twice."""
    found: list[PortConfig] = []
    taken: set[tuple[int, Protocol]] = set()
    items = value.items()
    read = each(items, lambda item: _long_form(item) if item.is_mapping else _short_form(item, around))
    for item, published in zip(items, read, strict=True):
        for port in published:
            if (port.published_port, port.protocol) in taken:
                item.fail(f"port {port.published_port}/{port.protocol.value} is published twice")
            if port.published_port:
                taken.add((port.published_port, port.protocol))
            found.append(port)
    return tuple(sorted(found, key=lambda port: (port.published_port, port.target_port, port.protocol.value)))


def _long_form(item: Value) -> list[PortConfig]:
    entries = item.fields("target", "published", "protocol", "mode", "name", required=["target"])
    port = PortConfig(target_port=_port_number(entries["target"], minimum=1))
    published = _port_number(entries["published"]) if "published" in entries else port.published_port
    protocol = Protocol(entries["protocol"].one_of(_PROTOCOLS)) if "protocol" in entries else port.protocol
    mode = PublishMode(entries["mode"].one_of(_MODES)) if "mode" in entries else port.publish_mode
    name = entries["name"].text() if "name" in entries else ""
    return [PortConfig(port.target_port, published, protocol, mode, name)]


def _port_number(value: Value, minimum: int = 0) -> int:
    # The Compose specification writes a published port as text, the older format as a number.
    if value.is_text and is_whole_number(value.text()):
        return Value(value.path, int(value.text())).integer(minimum, _MAX_PORT)
    return value.integer(minimum, _MAX_PORT)


def _short_form(item: Value, around: Surroundings) -> list[PortConfig]:
    text = str(item.integer(1, _MAX_PORT)) if item.is_integer else item.text()
    match = _SHORT.fullmatch(text)
    if match is None:
        item.fail(f"{text!r} is not a port; write it like 8080:80, 80 or 8080:80/udp")
    protocol = Protocol(Value(item.path, (match["protocol"] or "tcp").lower()).one_of(_PROTOCOLS))
    if match["address"]:
        around.warn(f"the address of {text!r} is ignored: the port is published on every address", item.path)
    targets = _range(item, match["target"])
    published = _range(item, match["published"]) if match["published"] else [0] * len(targets)
    if len(published) != len(targets) and len(targets) != 1:
        item.fail(f"{text!r} publishes {len(published)} ports for {len(targets)}; the ranges must be of equal length")
    if len(targets) == 1:
        targets *= len(published)
    return [PortConfig(target, port, protocol) for target, port in zip(targets, published, strict=True)]


def _range(item: Value, text: str) -> list[int]:
    first_text, _, last_text = text.partition("-")
    first, last = int(first_text), int(last_text or first_text)
    if not 1 <= first <= last <= _MAX_PORT:
        item.fail(f"{text!r} is not a range of ports from 1 to {_MAX_PORT}")
    return list(range(first, last + 1))
