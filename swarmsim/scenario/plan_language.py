"""How the sections before the timeline are written: cluster, images, deploy, traffic, writers."""

from collections.abc import Iterable
from typing import Final

from core.compose.stack import Stack
from core.document import Value, is_whole_number
from core.json_schema import Schema, by_name, either, listed, matching, one_of, whole
from core.mistakes import Mistakes, each
from core.suggestions import what_there_is
from core.timing import PROFILES
from swarmsim.scenario.forms import Form, Part, mapping
from swarmsim.scenario.names import Names
from swarmsim.scenario.plan import (
    NETWORKS,
    Call,
    ClusterPlan,
    DiskPlan,
    ImagePlan,
    NetworkPlan,
    NodeLabels,
    RackPlan,
    TrafficPlan,
    WriterPlan,
)
from swarmsim.scenario.published import check_called_ports, check_listener, published_by
from swarmsim.scenario.target_language import HOSTS
from swarmsim.scenario.words import (
    BANDWIDTH,
    BOOLEAN,
    CPUS,
    DURATION,
    EXIT_CODE,
    PERCENT,
    RATE,
    SIZE,
    TEXT,
    WINDOW,
    Kind,
    count,
    word,
)

MAX_HOST_COUNT: Final = 10_000


# --- cluster


def _read_network(value: Value, names: Names) -> NetworkPlan:
    return _NETWORK.read(value, names) if value.is_mapping else NETWORKS[value.one_of(NETWORKS)]


def _write_network(network: NetworkPlan) -> object:
    for name, preset in NETWORKS.items():
        if network == preset:
            return name
    return _NETWORK.write(network)


def _read_racks(value: Value, names: Names) -> tuple[RackPlan, ...]:
    if value.is_integer:  # that many racks, the hosts spread over them in turn
        rack_count = value.integer(minimum=1)
        return tuple(RackPlan(f"r{rack + 1}", names.hosts[rack::rack_count]) for rack in range(rack_count))
    racks = []
    placed: dict[str, str] = {}
    for name, hosts in value.mapping().items():
        for item in hosts.items():
            names.check_host(item, item.text())
            if item.text() in placed:
                item.fail(f"host {item.text()!r} is in rack {placed[item.text()]!r} already")
            placed[item.text()] = name
        racks.append(RackPlan(name, tuple(item.text() for item in hosts.items())))
    return tuple(racks)


def _read_labels(value: Value, names: Names) -> tuple[NodeLabels, ...]:
    found = []
    for host, entry in value.mapping().items():
        names.check_host(Value(entry.path, host), host)
        found.append(NodeLabels(host, {key: text.scalar_text() for key, text in entry.mapping().items()}))
    return tuple(found)


_NETWORK: Final = Form(
    NetworkPlan,
    Part("latency", "latency_ns", DURATION),
    Part("jitter", "jitter_ns", DURATION),
    Part("loss", "loss_ratio", PERCENT),
    Part("duplicate", "duplicate_ratio", PERCENT),
    Part("reorder", "reorder_ratio", PERCENT),
    Part("bandwidth", "bandwidth_bits_per_s", BANDWIDTH),
)
_DISK: Final = Form(DiskPlan, Part("write", "write_ns", DURATION), Part("sync", "sync_ns", DURATION))
_SIZES: Final = (
    Part("managers", "manager_count", count(1, MAX_HOST_COUNT)),
    Part("workers", "worker_count", count(0, MAX_HOST_COUNT)),
)
_RACKS: Final = either(whole(1), by_name(listed(TEXT.schema)))
_SCALAR: Final = {"type": ["string", "number", "boolean", "null"]}
CLUSTER: Final = Form(
    ClusterPlan,
    *_SIZES,
    Part("network", "network", Kind(_read_network, _write_network, either(one_of(*NETWORKS), _NETWORK.schema()))),
    Part("timing", "timing", word(PROFILES)),
    Part("racks", "racks", Kind(_read_racks, lambda racks: {rack.name: list(rack.hosts) for rack in racks}, _RACKS)),
    Part(
        "labels",
        "labels",
        Kind(_read_labels, lambda labels: {node.host: node.labels for node in labels}, by_name(by_name(_SCALAR))),
    ),
    Part("disk", "disk", Kind(_DISK.read, _DISK.write, _DISK.schema())),
    Part("cpus", "nano_cpus", CPUS),
    Part("memory", "memory_bytes", SIZE),
    Part("snapshot-every", "snapshot_every", count(1)),
    Part("wire-codec", "wire_codec", BOOLEAN),
)


def read_cluster(value: Value) -> ClusterPlan:
    """The cluster; its hosts are named by the two numbers, which are therefore read first."""
    hosts = hosts_of(value)
    return CLUSTER.read(value, Names(hosts=hosts) if hosts is not None else Names().without("hosts"))


def hosts_of(value: Value) -> tuple[str, ...] | None:
    """The hosts of a cluster that may be wrong in other things; None if their numbers are."""
    entries = value.mapping() if value.is_mapping else {}
    written = [part for part in _SIZES if part.key in entries]
    sizes = Mistakes().attempt(lambda: {part.field: part.kind.read(entries[part.key], Names()) for part in written})
    if sizes is None or "manager_count" not in sizes:
        return None
    return ClusterPlan(**sizes).host_names


# --- images


def _read_calls(value: Value, _: Names) -> tuple[Call, ...]:
    calls = []
    for item in value.items():
        name, colon, port = item.text().partition(":")
        if colon and not is_whole_number(port):
            item.fail(f"{item.text()!r} is not a call; write it like kv or kv:6379")
        calls.append(Call(name, int(port) if colon else None))
    return tuple(calls)


def _write_calls(calls: tuple[Call, ...]) -> object:
    return [call.name if call.port is None else f"{call.name}:{call.port}" for call in calls]


_CALL: Final = "[^:]*(:[0-9]+)?"
_BEHAVIOUR: Final = Form(
    ImagePlan,
    Part("pull", "pull_ns", DURATION),
    Part("start", "start_ns", DURATION),
    Part("healthy-after", "healthy_after_ns", DURATION),
    Part("port", "port", count(1, 65535)),
    Part("calls", "calls", Kind(_read_calls, _write_calls, listed(matching(_CALL)))),
    Part("service-time", "service_ns", DURATION),
    Part("memory", "memory_bytes", SIZE),
    Part("exits-after", "exits_after_ns", DURATION),
    Part("exit-code", "exit_code", EXIT_CODE),
)


def read_images(value: Value, stacks: list[Stack], updates: Iterable[str], names: Names) -> tuple[ImagePlan, ...]:
    """How images behave, by image; each must be one that a stack uses, or comes with one of the `updates`."""
    services = (service for stack in stacks for service in stack.services)
    used = (*(service.spec.task.container.image for service in services), *updates)
    images = each(value.mapping().items(), lambda entry: _read_image(*entry, used, stacks, names))
    check_called_ports(value, images, stacks)
    return images


def _read_image(image: str, behaviour: Value, used: tuple[str, ...], stacks: list[Stack], names: Names) -> ImagePlan:
    if image not in used and "services" not in names.unread:
        behaviour.fail(f"no service uses the image {image!r}{what_there_is(image, used)}")
    plan = ImagePlan(image=image, **_BEHAVIOUR.read_mapping(behaviour, names))
    calls = behaviour.mapping().get("calls")
    if calls is not None and "services" not in names.unread:
        _check_calls(calls, plan.calls, stacks)
    return plan


def _check_calls(value: Value, calls: tuple[Call, ...], stacks: list[Stack]) -> None:
    # A container sees services by their full names and by the aliases they have on its networks.
    services = [service for stack in stacks for service in stack.services]
    aliases = [alias for service in services for network in service.networks for alias in network.aliases]
    known = tuple(dict.fromkeys([*aliases, *(service.spec.name for service in services)]))
    for item, call in zip(value.items(), calls, strict=True):
        if call.name.removeprefix("tasks.") not in known:
            item.fail(f"no deployed stack has a service {call.name!r}{what_there_is(call.name, known)}")


def images_schema() -> Schema:
    """What the section `images` looks like."""
    return by_name(_BEHAVIOUR.schema())


def write_images(images: tuple[ImagePlan, ...]) -> dict[str, object]:
    """The section `images`."""
    section: dict[str, object] = {}
    for image in images:
        section[image.image] = _BEHAVIOUR.write(image)
    return section


# --- who uses it


_TRAFFIC: Final = (
    Part("name", "name", TEXT),
    Part("rate", "rate_per_s", RATE),
    Part("enter-at", "enter_at", HOSTS),
    Part("during", "during", WINDOW),
)
_WRITER: Final = Form(
    WriterPlan,
    Part("name", "name", TEXT),
    Part("rate", "rate_per_s", RATE),
    Part("reads", "read_rate_per_s", RATE),
    Part("to", "to", HOSTS),
    Part("value-size", "value_bytes", SIZE),
    Part("during", "during", WINDOW),
)
_WRITER_NEEDS: Final = ("name", "rate")
_TRAFFIC_FORM: Final = Form(TrafficPlan, *_TRAFFIC)


def read_traffic(value: Value, names: Names, stacks: list[Stack], images: tuple[ImagePlan, ...]) -> TrafficPlan:
    """One source of requests; `to` must be a port that a deployed service publishes and at which its image listens."""
    mistakes = Mistakes()
    entries = value.known_fields(mistakes, "to", *_TRAFFIC_FORM.keys, required=("to", *_TRAFFIC_FORM.required))
    fields = mistakes.attempt(lambda: _TRAFFIC_FORM.read_fields(entries, names)) or {}
    name = str(fields.get("name", ""))
    to = mistakes.attempt(lambda: _read_port(entries["to"], name, names, stacks, images)) if "to" in entries else None
    mistakes.settle()
    assert to is not None
    return TrafficPlan(service=to[0], port=to[1], **fields)


def _read_port(
    value: Value, traffic: str, names: Names, stacks: list[Stack], images: tuple[ImagePlan, ...]
) -> tuple[str, int]:
    service, colon, port = value.text().partition(":")
    if not colon or not is_whole_number(port):
        value.fail(f"{value.text()!r} is not a published port; write it like vote_web:5000")
    published = published_by(stacks)
    if service not in published and "services" in names.unread:
        return service, int(port)
    if service not in published:
        value.fail(f"there is no service {service!r}{what_there_is(service, published)}")
    reached = [found for found in published[service] if found.port.published_port in (0, int(port))]
    if not reached:
        ports = ", ".join(str(found.port.published_port) for found in published[service]) or "none"
        value.fail(f"service {service!r} does not publish port {port}; it publishes {ports}")
    if "images" not in names.unread:
        check_listener(value, traffic, service, reached, images)
    return service, int(port)


def traffic_schema() -> Schema:
    """What an entry of `traffic` looks like."""
    to = {"to": matching("[^:]+:[0-9]+")}
    return mapping(to | _TRAFFIC_FORM.properties, ["to", *_TRAFFIC_FORM.required])


def write_traffic(traffic: TrafficPlan) -> dict[str, object]:
    """An entry of `traffic`."""
    written = _TRAFFIC_FORM.write(traffic)
    return {"name": written.pop("name"), "to": f"{traffic.service}:{traffic.port}", **written}


def read_writer(value: Value, names: Names) -> WriterPlan:
    """One client that writes and reads back, by default as many reads as writes."""
    mistakes = Mistakes()
    entries = value.known_fields(mistakes, *_WRITER.keys, required=_WRITER_NEEDS)
    fields = mistakes.attempt(lambda: _WRITER.read_fields(entries, names)) or {}
    mistakes.settle()
    fields.setdefault("read_rate_per_s", fields["rate_per_s"])
    return WriterPlan(**fields)


def writer_schema() -> Schema:
    """What an entry of `writers` looks like."""
    return mapping(_WRITER.properties, _WRITER_NEEDS)


def write_writer(writer: WriterPlan) -> dict[str, object]:
    """An entry of `writers`."""
    return _WRITER.write(writer)
