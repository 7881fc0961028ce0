"""Where hosts are: a graph of places (racks, zones, switches) whose cables take time to cross.

Any `networkx` graph whose edges carry `latency_ns` will do. Messages take the fastest way along cables that are whole;
where there is none, they do not arrive.
"""

from typing import Final

import networkx as nx

Place = str
CORE: Final = "core"
"""The place between racks."""


class Topology:
    """Hosts attached to places. Distances are found once per place and kept until a cable breaks or is mended."""

    def __init__(self, places: "nx.Graph[Place]") -> None:
        self._whole = places
        self._broken: dict[tuple[Place, Place], None] = {}
        self._place_of: dict[str, Place] = {}
        self._distances: dict[Place, dict[Place, int]] = {}

    def attach(self, host: str, place: Place = "") -> None:
        """Put a host at a place: the first of the graph by default. A new place is cabled to the first."""
        first = next(iter(self._whole))
        if place and place not in self._whole:
            self._whole.add_edge(first, place, latency_ns=0)
            self._distances.clear()
        self._place_of[host] = place or first

    def place_of(self, host: str) -> Place:
        """Where a host is."""
        return self._place_of[host]

    def cables_of(self, place: Place) -> tuple[tuple[Place, Place], ...]:
        """The cables that lead away from a rack or zone; the core between racks has none of its own."""
        return () if place == CORE else tuple((other, place) for other in self._whole.adj[place])

    def distance_ns(self, source: str, target: str) -> int | None:
        """Latency of the cables between two hosts, one way; None if no way is left."""
        start = self._place_of[source]
        if start not in self._distances:
            graph = nx.restricted_view(self._whole, [], list(self._broken))
            lengths = nx.single_source_dijkstra_path_length(graph, start, weight="latency_ns")
            self._distances[start] = {place: int(length) for place, length in lengths.items()}
        return self._distances[start].get(self._place_of[target])

    def break_cable(self, one: Place, other: Place) -> None:
        """The cable between two places carries nothing from now on."""
        if not self._whole.has_edge(one, other):
            raise ValueError(f"there is no cable between {one!r} and {other!r}")
        self._broken[(one, other)] = None
        self._distances.clear()

    def mend_cable(self, one: Place, other: Place) -> None:
        """Take the break back, if there is one."""
        self._broken.pop((one, other), None)
        self._distances.clear()


def one_switch() -> Topology:
    """All hosts on one switch."""
    graph: nx.Graph[Place] = nx.Graph()
    graph.add_node("switch")
    return Topology(graph)


def racks(names: tuple[str, ...], uplink_ns: int) -> Topology:
    """A core switch, and a rack switch per name at the end of an uplink. Hosts without a rack sit at the core."""
    graph: nx.Graph[Place] = nx.Graph()
    graph.add_node(CORE)
    for name in names:
        graph.add_edge(CORE, name, latency_ns=uplink_ns)
    return Topology(graph)
