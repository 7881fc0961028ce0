"""What cannot be founded."""

from parity.asks import Ask, get, post
from parity.scripts.founding import INIT


def _with(note: str, **changes: object) -> Ask:
    return post("/swarm/init", {**INIT, **changes}, note=note)


REFUSED_INIT = (
    _with("an interface that is not there", ListenAddr="eth7"),
    _with("a name to listen at", ListenAddr="nowhere.example:2377"),
    _with("no address of this host", AdvertiseAddr="198.18.0.77:2377"),
    _with("any address to advertise", AdvertiseAddr="0.0.0.0:2377"),
    _with("a name to advertise", AdvertiseAddr="nowhere.example"),
    _with("a name for the data path", DataPathAddr="nowhere.example"),
    _with("a data path's port that is too low", DataPathPort=80),
    _with("a data path's port that is too high", DataPathPort=50000),
    _with("a pool that is none", DefaultAddrPool=["pool"]),
    _with("a pool with bits of a host", DefaultAddrPool=["198.19.0.1/16"]),
    _with("pools that overlap", DefaultAddrPool=["198.19.0.0/16", "198.19.4.0/24"]),
    _with("a pool smaller than its subnets", DefaultAddrPool=["198.19.0.0/25"]),
    _with("subnets of two addresses", SubnetSize=31),
    _with("no availability", Availability="lazy"),
    _with("a name that is not the swarm's", Spec={"Name": "other"}),
    _with("a heartbeat of nothing", Spec={"Dispatcher": {"HeartbeatPeriod": -1}}),
    _with("certificates that expire at once", Spec={"CAConfig": {"NodeCertExpiry": 1}}),
    get("/info", part="/Swarm", note="still in none"),
    _with(
        "much that is good",
        Availability="drain",
        DataPathPort=5000,
        SubnetSize=26,
        AutoLockManagers=True,
        Spec={
            "Labels": {"of": "tests"},
            "Orchestration": {"TaskHistoryRetentionLimit": 3},
            "Raft": {"SnapshotInterval": 500, "LogEntriesForSlowFollowers": 100},
            "Dispatcher": {"HeartbeatPeriod": 2_000_000_000},
            "CAConfig": {"NodeCertExpiry": 7_200_000_000_000},
        },
    ),
    get("/swarm"),
    get("/info", part="/Swarm"),
    get("/nodes", until=lambda nodes: nodes[0]["Status"]["State"] == "ready"),
    get("/swarm/unlockkey"),
)
