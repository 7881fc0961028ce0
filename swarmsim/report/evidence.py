"""A recording's facts, ready to be asked: by kind, within the story, with hosts under the scenario's names."""

from collections.abc import Iterator

from swarmsim.recording import FaultBand, RecordedFact, Recording


class Evidence:
    """One run. What happened while it settled after its end is left out."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.end_ns = recording.end_ns
        self._facts = tuple(fact for fact in recording.facts if fact.at_ns <= recording.end_ns)
        self._by_kind: dict[str, list[RecordedFact]] = {}
        for fact in self._facts:
            self._by_kind.setdefault(fact.kind, []).append(fact)
        self._host_of = {node_id: host.name for host in recording.hosts for node_id in host.node_ids}

    def of(self, *kinds: str) -> Iterator[RecordedFact]:
        """Facts of these kinds in the order they happened."""
        if len(kinds) == 1:
            return iter(self._by_kind.get(kinds[0], ()))
        return (fact for fact in self._facts if fact.kind in kinds)

    def between(self, from_ns: int, to_ns: int, *kinds: str) -> Iterator[RecordedFact]:
        """Those from `from_ns` on and before `to_ns`."""
        return (fact for fact in self.of(*kinds) if from_ns <= fact.at_ns < to_ns)

    def host_of(self, node_id: str) -> str:
        """The host that ever had this id; the id itself if none had."""
        return self._host_of.get(node_id, node_id)

    def faults_on(self, host: str, at_ns: int) -> list[FaultBand]:
        """What was being done to a host at an instant, its end included: a fault's effects may show as it ends."""
        return [
            band
            for band in self.recording.faults
            if host in band.hosts and band.from_ns <= at_ns <= (self.end_ns if band.to_ns is None else band.to_ns)
        ]
