"""Which directed pairs of hosts a partition severs: plain functions from a shape to a predicate.

`severed(source, target)` is true for messages from `source` that do not reach `target`. A host always reaches itself.
"""

from collections.abc import Sequence

from sim.links import Matches

Group = Sequence[str]


def split(groups: Sequence[Group]) -> Matches:
    """Nothing passes between different groups; hosts named in none form one more group."""
    group_of = _group_of(groups)
    return lambda source, target: group_of.get(source, -1) != group_of.get(target, -1)


def one_way(sources: Group, targets: Group) -> Matches:
    """What `sources` send to `targets` is lost; the other direction works."""
    sending, receiving = frozenset(sources), frozenset(targets)
    return lambda source, target: source != target and source in sending and target in receiving


def bridge(over: Group, groups: Sequence[Group]) -> Matches:
    """Groups that cannot hear each other, while the hosts of `over` hear all and are heard by all."""
    bridging, severed = frozenset(over), split(groups)
    return lambda source, target: source not in bridging and target not in bridging and severed(source, target)


def ring(hosts: Group) -> Matches:
    """Each of these hosts hears only its two neighbours of the ring, and hosts outside it."""
    place = {host: position for position, host in enumerate(hosts)}

    def severed(source: str, target: str) -> bool:
        if source not in place or target not in place:
            return False
        steps = (place[source] - place[target]) % len(place)
        return steps not in (0, 1, len(place) - 1)

    return severed


def isolate(hosts: Group) -> Matches:
    """Each of these hosts is cut off from all others, also from each other."""
    alone = frozenset(hosts)
    return lambda source, target: source != target and (source in alone or target in alone)


def between(first: Group, second: Group) -> Matches:
    """The links between any host of `first` and any other host of `second`, in both directions."""
    ones, others = frozenset(first), frozenset(second)

    def matches(source: str, target: str) -> bool:
        crosses = (source in ones and target in others) or (source in others and target in ones)
        return crosses and source != target

    return matches


def everywhere(source: str, target: str) -> bool:
    """Every link but those from a host to itself."""
    return source != target


def _group_of(groups: Sequence[Group]) -> dict[str, int]:
    group_of: dict[str, int] = {}
    for number, group in enumerate(groups):
        for host in group:
            if group_of.setdefault(host, number) != number:
                raise ValueError(f"{host} is in two groups of one partition")
    return group_of
