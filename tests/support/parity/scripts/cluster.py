"""The swarm's settings, tokens and unlock key."""

from typing import Any

from parity.asks import Ask, get, post
from parity.scripts.founding import FOUNDED


def _read(note: str) -> Ask:
    return get(
        "/swarm",
        keep={
            "version": "/Version/Index",
            "spec": "/Spec",
            "worker": "/JoinTokens/Worker",
            "manager": "/JoinTokens/Manager",
        },
        note=note,
    )


def _update(note: str, body: object, **query: str) -> tuple[Ask, ...]:
    """With the version of just then, so that no refusal or consent before it matters."""
    current = get("/swarm", keep={"version": "/Version/Index"}, part="/ID", note=f"before {note}")
    return current, post("/swarm/update", body, query={"version": "{version}", **query}, note=note)


_SPEC: dict[str, Any] = {
    "Name": "default",
    "Labels": {},
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {
        "SnapshotInterval": 10_000,
        "KeepOldSnapshots": 0,
        "LogEntriesForSlowFollowers": 500,
        "ElectionTick": 10,
        "HeartbeatTick": 1,
    },
    "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
    "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000},
    "EncryptionConfig": {"AutoLockManagers": False},
}
"""All of it, as clients send it that have read it before."""
_LOCKING = {**_SPEC, "EncryptionConfig": {"AutoLockManagers": True}}

CLUSTER = (
    *FOUNDED,
    get("/_ping", headers=("swarm",), version=""),
    get("/info", part="/Swarm"),
    get("/version", part="/MinAPIVersion"),
    get("/version", part="/Os", note="the system"),
    get("/version", part="/Components/0/Name", note="the engine"),
    _read("founded"),
    *_update("nothing new", "{spec}"),
    _read("nothing new"),
    *_update(
        "labels and a history", {**_SPEC, "Labels": {"a": "b"}, "Orchestration": {"TaskHistoryRetentionLimit": 2}}
    ),
    _read("labels and a history"),
    *_update(
        "raft and dispatcher",
        {
            **_SPEC,
            "Raft": {
                "SnapshotInterval": 99,
                "KeepOldSnapshots": 2,
                "LogEntriesForSlowFollowers": 7,
                "ElectionTick": 3,
                "HeartbeatTick": 1,
            },
            "Dispatcher": {"HeartbeatPeriod": 3_000_000_000},
        },
    ),
    _read("raft and dispatcher"),
    *_update(
        "drivers of logs", {**_SPEC, "TaskDefaults": {"LogDriver": {"Name": "json-file", "Options": {"max-file": "3"}}}}
    ),
    _read("drivers of logs"),
    *_update(
        "an external authority",
        {
            **_SPEC,
            "CAConfig": {
                "NodeCertExpiry": 7_776_000_000_000_000,
                "ExternalCAs": [{"Protocol": "other", "URL": "https://198.18.0.9"}],
            },
        },
    ),
    *_update("another name", {**_SPEC, "Name": "other"}),
    *_update("no name", {name: content for name, content in _SPEC.items() if name != "Name"}),
    *_update("a heartbeat below nothing", {**_SPEC, "Dispatcher": {"HeartbeatPeriod": -5}}),
    *_update("certificates of a minute", {**_SPEC, "CAConfig": {"NodeCertExpiry": 60_000_000_000}}),
    *_update("ticks that never elect", {**_SPEC, "Raft": {**_SPEC["Raft"], "ElectionTick": 1, "HeartbeatTick": 1}}),
    *_update("wrong types", {**_SPEC, "Orchestration": {"TaskHistoryRetentionLimit": "five"}}),
    post("/swarm/update", _SPEC, query={"version": "1"}, note="stale"),
    post("/swarm/update", _SPEC, note="no version"),
    post("/swarm/update", _SPEC, query={"version": "x"}, note="no number"),
    post("/swarm/update", query={"version": "{version}"}, note="no body"),
    *_update("a flag that is none", _SPEC, rotateWorkerToken="perhaps"),
    *_update("as before", _SPEC),
    *_update("rotate the workers' token", _SPEC, rotateWorkerToken="true"),
    get("/swarm", part="/JoinTokens", keep={"version": "/Version/Index"}, note="the workers' rotated"),
    *_update("rotate the managers' token", _SPEC, rotateManagerToken="1"),
    get("/swarm", part="/JoinTokens", keep={"version": "/Version/Index"}, note="both rotated"),
    get("/swarm/unlockkey", note="not locking"),
    *_update("lock", _LOCKING),
    get("/swarm/unlockkey", keep={"key": "/UnlockKey"}, note="locking"),
    _read("locking"),
    *_update("rotate the key", _LOCKING, rotateManagerUnlockKey="true"),
    get("/swarm/unlockkey", note="rotated"),
    _read("rotated"),
    post("/swarm/unlock", {"UnlockKey": "{key}"}, note="not locked"),
    post("/swarm/unlock", {"UnlockKey": "rubbish"}, note="no key"),
    post("/swarm/unlock", note="no body"),
    *_update("lock no more", _SPEC),
    get("/swarm/unlockkey", note="locking no more"),
    *_update("almost nothing said", {"Name": "default", "Labels": {"a": "b"}}),
    _read("almost nothing said"),
)
