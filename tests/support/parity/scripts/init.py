"""What cannot be founded, and what can."""

from collections.abc import Iterator
from typing import Any, Final

from parity.asks import Ask, get, post
from parity.scripts.founding import INIT

_REFUSED: Final[dict[str, dict[str, Any]]] = {
    "nowhere to listen": {"ListenAddr": ""},
    "an interface that is not there": {"ListenAddr": "eth7"},
    "a name to listen at": {"ListenAddr": "nowhere.example:2377"},
    "no address of this host": {"AdvertiseAddr": "198.18.0.77:2377"},
    "any address to advertise": {"AdvertiseAddr": "0.0.0.0:2377"},
    "a name to advertise": {"AdvertiseAddr": "nowhere.example"},
    "a name for the data path": {"DataPathAddr": "nowhere.example"},
    "any address for the data path": {"DataPathAddr": "0.0.0.0"},
    "a data path's port that is too low": {"DataPathPort": 80},
    "a data path's port that is too high": {"DataPathPort": 50000},
    "a pool that is none": {"DefaultAddrPool": ["pool"]},
    "a pool with bits of a host": {"DefaultAddrPool": ["198.19.0.1/16"]},
    "pools that overlap": {"DefaultAddrPool": ["198.19.0.0/16", "198.19.4.0/24"]},
    "a pool smaller than its subnets": {"DefaultAddrPool": ["198.19.0.0/25"]},
    "subnets of two addresses": {"SubnetSize": 31},
    "no availability": {"Availability": "lazy"},
    "a name that is not the swarm's": {"Spec": {"Name": "other"}},
    "a heartbeat of nothing": {"Spec": {"Dispatcher": {"HeartbeatPeriod": -1}}},
    "certificates that expire at once": {"Spec": {"CAConfig": {"NodeCertExpiry": 1}}},
}
_MUCH: Final = {
    **INIT,
    "Availability": "drain",
    "DataPathPort": 5000,
    "SubnetSize": 26,
    "AutoLockManagers": True,
    "Spec": {
        "Labels": {"of": "tests"},
        "Orchestration": {"TaskHistoryRetentionLimit": 3},
        "Raft": {"SnapshotInterval": 500, "LogEntriesForSlowFollowers": 100},
        "Dispatcher": {"HeartbeatPeriod": 2_000_000_000},
        "CAConfig": {"NodeCertExpiry": 7_200_000_000_000},
    },
}


def _all() -> Iterator[Ask]:
    for note, changes in _REFUSED.items():
        yield post("/swarm/init", {**INIT, **changes}, note=note)
        yield post("/swarm/leave", query={"force": "true"}, note=f"after {note}")
    yield get("/info", part="/Swarm", note="still in none")
    yield post("/swarm/init", _MUCH, note="much that is good")
    yield get("/swarm")
    yield get("/info", part="/Swarm")
    yield get("/nodes", until=lambda nodes: bool(nodes[0]["Status"]["State"] == "ready"))
    yield get("/swarm/unlockkey")


FOUNDINGS = tuple(_all())
