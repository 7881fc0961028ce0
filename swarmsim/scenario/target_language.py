"""How targets are written.

Hosts: a name (`m1`), a group (`leader`), `{rack: a}`, `{host-of: web.1}`, `{managers: 2, including: leader}`, or a
list of those. Tasks: `web.1`, `agent.w1` (of a global service: the one on w1), `web` (all of its tasks),
`{web: 2}` (two of them). Links: `[one end, other end]`.
"""

from typing import Final

from core.document import Value, is_whole_number
from core.json_schema import Schema, either, listed, matching, one_entry, one_of, whole
from core.mistakes import each
from core.suggestions import what_there_is
from core.trials.faults import Link
from swarmsim.scenario.forms import mapping
from swarmsim.scenario.names import Names
from swarmsim.scenario.targets import (
    Group,
    Host,
    HostGroup,
    HostOf,
    HostTarget,
    Rack,
    Several,
    Some,
    TaskTarget,
    named_hosts,
    parts_of,
)
from swarmsim.scenario.words import SERVICE, TEXT, Kind

_GROUPS: Final = {group.value: group for group in HostGroup}
_ANY_HOST: Final = "any host that is up"


def _read_hosts(value: Value, names: Names) -> HostTarget:
    if value.is_list:
        return _read_several(value, names)
    if value.is_mapping:
        return _read_described(value, names)
    if not value.is_text:
        value.fail_type("a host, a group, or a list or mapping of them")
    name = value.text()
    if name == _ANY_HOST:
        return Group(HostGroup.UP)
    if name in _GROUPS:
        return Group(_GROUPS[name])
    names.check_host(value, name)
    return Host(name)


def _read_hosts_in_racks(value: Value, names: Names) -> HostTarget:
    if not names.racks and "racks" not in names.unread:
        value.fail("the cluster has no racks, so there is no cable to break")
    return _read_hosts(value, names)


def _read_managers(value: Value, names: Names) -> HostTarget:
    target = _read_hosts(value, names)
    if not names.roles_change:
        for worker in filter(None, map(_worker_in, parts_of(target))):
            value.fail(f"only managers can be meant here, not {worker!r}")
    return target


def _worker_in(target: HostTarget) -> str:
    """What in it names workers, as far as names tell roles."""
    match target:
        case Host(name) if name.startswith("w"):
            return name
        case Group(HostGroup.WORKERS) | Some(group=HostGroup.WORKERS):
            return HostGroup.WORKERS.value
    return ""


def _read_several(value: Value, names: Names) -> Several:
    targets = each(value.items(), lambda item: _read_hosts(item, names))
    if not targets:
        value.fail("the list of hosts is empty")
    return Several(targets)


def _read_described(value: Value, names: Names) -> HostTarget:
    entries = value.fields("rack", "host-of", *_GROUPS, "including", "excluding")
    heads = [key for key in entries if key not in ("including", "excluding")]
    if len(heads) != 1:
        value.fail("exactly one of rack, host-of or a group with a number is needed")
    head = entries[heads[0]]
    if heads[0] in _GROUPS:
        return _read_some(_GROUPS[heads[0]], head, entries, names)
    for key in ("including", "excluding"):
        if key in entries:
            entries[key].fail(f"{key!r} goes with a number of hosts, such as {{managers: 2, {key}: leader}}")
    if heads[0] == "host-of":
        return HostOf(TASKS.read(head, names))
    if head.text() not in names.racks and "racks" not in names.unread:
        head.fail(f"there is no rack {head.text()!r}{what_there_is(head.text(), names.racks)}")
    return Rack(head.text())


def _read_some(group: HostGroup, head: Value, entries: dict[str, Value], names: Names) -> Some:
    count = head.integer(minimum=1)
    names.check_host_count(head, group, count)
    return Some(
        count=count,
        group=group,
        including=_read_hosts(entries["including"], names) if "including" in entries else None,
        excluding=_read_hosts(entries["excluding"], names) if "excluding" in entries else None,
    )


def _write_hosts(target: HostTarget) -> object:
    if isinstance(target, Host):
        return target.name
    if isinstance(target, Group):
        return target.group.value
    if isinstance(target, Rack):
        return {"rack": target.name}
    if isinstance(target, HostOf):
        return {"host-of": _write_tasks(target.task)}
    if isinstance(target, Several):
        return [_write_hosts(part) for part in target.targets]
    written: dict[str, object] = {target.group.value: target.count}
    if target.including is not None:
        written["including"] = _write_hosts(target.including)
    if target.excluding is not None:
        written["excluding"] = _write_hosts(target.excluding)
    return written


def _read_tasks(value: Value, names: Names) -> TaskTarget:
    if value.is_mapping:
        entries = list(value.mapping().items())
        if len(entries) != 1:
            value.fail("one service with a number of its tasks is needed, such as {vote_web: 2}")
        [(service, number)] = entries
        name, count = SERVICE.read(Value(number.path, service), names), number.integer(minimum=1)
        names.check_task_count(number, name, count)
        return TaskTarget(name, count=count)
    service, dot, slot = value.text().rpartition(".")
    if not dot:
        return TaskTarget(SERVICE.read(value, names))
    is_number = is_whole_number(slot)
    if not is_number and names.may_be_global(service):
        name = SERVICE.read(Value(value.path, service), names)
        names.check_host(value, slot)
        return TaskTarget(name, host=slot)
    if not is_number or int(slot) == 0:
        value.fail(f"{slot!r} is not a slot; write a task like vote_web.1")
    name = SERVICE.read(Value(value.path, service), names)
    names.check_slot(value, name, int(slot))
    return TaskTarget(name, slot=int(slot))


def _write_tasks(target: TaskTarget) -> object:
    if target.count is not None:
        return {target.service: target.count}
    place = target.host if target.slot is None else target.slot
    return target.service if place is None else f"{target.service}.{place}"


def _read_link(value: Value, names: Names) -> Link[HostTarget]:
    ends = value.items()
    if len(ends) != 2:
        value.fail("a link has two ends, such as [m1, m2] or [leader, followers]")
    return Link(_read_hosts(ends[0], names), _read_hosts(ends[1], names))


def _write_link(link: Link[HostTarget]) -> object:
    return [_write_hosts(link.first), _write_hosts(link.second)]


def _read_groups(value: Value, names: Names) -> tuple[HostTarget, ...]:
    if not value.is_list:
        value.fail_type("a list of groups of hosts, such as [[m1, m2], [m3, m4, m5]]")
    groups = each(value.items(), lambda item: _read_hosts(item, names))
    seen: dict[str, None] = {}
    for item, group in zip(value.items(), groups, strict=True):
        hosts = named_hosts(group)
        for host in hosts:
            if host in seen:
                item.fail(f"host {host!r} is in two groups; nothing passes between them, so name it in one")
        seen.update(dict.fromkeys(hosts))
    return groups


HOSTS_NAME: Final = "hosts"
_HOSTS: Final = {"$ref": f"#/$defs/{HOSTS_NAME}"}
_TASKS: Final = either(TEXT.schema, one_entry(whole(1)))


def hosts_schema() -> Schema:
    """What a target of hosts looks like. It may hold others: it is to be among a schema's `$defs` by `HOSTS_NAME`."""
    some = mapping({**dict.fromkeys(_GROUPS, whole(1)), "including": _HOSTS, "excluding": _HOSTS})
    return either(
        one_of(*_GROUPS, _ANY_HOST),
        matching("[mw][0-9]+"),
        {**listed(_HOSTS), "minItems": 1},
        mapping({"rack": TEXT.schema}, ["rack"]),
        mapping({"host-of": _TASKS}, ["host-of"]),
        {**some, "oneOf": [{"required": [group]} for group in _GROUPS]},
    )


HOSTS: Final = Kind(_read_hosts, _write_hosts, _HOSTS)
MANAGERS: Final = Kind(_read_managers, _write_hosts, _HOSTS)
HOSTS_IN_RACKS: Final = Kind(_read_hosts_in_racks, _write_hosts, _HOSTS)
TASKS: Final = Kind(_read_tasks, _write_tasks, _TASKS)
LINK: Final = Kind(_read_link, _write_link, {**listed(_HOSTS), "minItems": 2, "maxItems": 2})
GROUPS: Final = Kind(_read_groups, lambda groups: [_write_hosts(group) for group in groups], listed(_HOSTS))
