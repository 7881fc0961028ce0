"""The cluster as Docker shows it, its settings as clients change them, and what they ask a host to join or found."""

import pytest
from docker_records import sayable
from hypothesis import given

from core.codec.docker.cluster import asks_for_authority, decode_swarm_spec, encode_cluster_info, encode_swarm
from core.codec.docker.swarm_requests import (
    decode_init_request,
    decode_join_request,
    decode_unlock_request,
)
from core.codec.docker.unsupported import warnings
from core.ids import Address, ClusterId
from core.mistakes import DocumentError
from core.objects.cluster import Cluster, ClusterSpec, JoinTokens
from core.objects.node import Availability
from core.operations import InitSwarm, JoinSwarm, UnlockSwarm
from core.timing import SECOND

CLUSTER = Cluster(
    ClusterId("q1w2e3"),
    ClusterSpec(labels={"site": "a"}, heartbeat_period_ns=5 * SECOND),
    JoinTokens("SWMTKN-1-worker", "SWMTKN-1-manager"),
    unlock_key="SWMKEY-1-secret",
    version=11,
    created_at=1_000_000_000 * SECOND,
    updated_at=1_000_000_000 * SECOND + 120,
)
INFO = {
    "ID": "q1w2e3",
    "Version": {"Index": 11},
    "CreatedAt": "2001-09-09T01:46:40Z",
    "UpdatedAt": "2001-09-09T01:46:40.00000012Z",
    "Spec": {
        "Name": "default",
        "Labels": {"site": "a"},
        "Orchestration": {"TaskHistoryRetentionLimit": 5},
        "Raft": {
            "SnapshotInterval": 10000,
            "KeepOldSnapshots": 0,
            "LogEntriesForSlowFollowers": 500,
            "ElectionTick": 10,
            "HeartbeatTick": 1,
        },
        "Dispatcher": {"HeartbeatPeriod": 5000000000},
        "CAConfig": {},
        "TaskDefaults": {},
        "EncryptionConfig": {"AutoLockManagers": False},
    },
    "TLSInfo": {},
    "RootRotationInProgress": False,
    "DefaultAddrPool": ["10.0.0.0/8"],
    "SubnetSize": 24,
    "DataPathPort": 4789,
}


def test_a_cluster_is_shown_with_its_tokens_only_to_who_asks_for_the_swarm() -> None:
    assert encode_cluster_info(CLUSTER) == INFO
    assert encode_swarm(CLUSTER) == {
        **INFO,
        "JoinTokens": {"Worker": "SWMTKN-1-worker", "Manager": "SWMTKN-1-manager"},
    }


def test_the_unlock_key_is_never_shown() -> None:
    assert "SWMKEY" not in str(encode_swarm(CLUSTER))


@given(sayable(Cluster))
def test_what_is_shown_can_be_sent_back(cluster: Cluster) -> None:
    assert decode_swarm_spec(encode_swarm(cluster)["Spec"], cluster.spec) == cluster.spec


def test_what_an_update_leaves_out_or_at_zero_stays() -> None:
    current = ClusterSpec(labels={"a": "b"}, task_history_limit=9, snapshot_interval=77)
    body = {"Name": "", "Labels": None, "Raft": {"SnapshotInterval": 0}, "Dispatcher": {"HeartbeatPeriod": 7}}
    expected = ClusterSpec(labels={"a": "b"}, task_history_limit=9, snapshot_interval=77, heartbeat_period_ns=7)
    assert decode_swarm_spec(body, current) == expected


def test_a_history_of_no_tasks_is_not_the_same_as_none_said() -> None:
    assert decode_swarm_spec({"Orchestration": {"TaskHistoryRetentionLimit": 0}}, ClusterSpec()).task_history_limit == 0


def test_what_has_no_effect_is_shown_as_it_was_sent_and_said() -> None:
    body = {
        "Raft": {"ElectionTick": 10, "HeartbeatTick": 3},
        "CAConfig": {"NodeCertExpiry": 7776000000000000, "ExternalCAs": [{"URL": "https://ca"}]},
        "TaskDefaults": {"LogDriver": {"Name": "syslog"}},
    }
    spec = decode_swarm_spec(body, ClusterSpec())
    shown = encode_swarm(Cluster(ClusterId("c"), spec))["Spec"]
    assert shown["Raft"] == INFO["Spec"]["Raft"] | {"HeartbeatTick": 3}  # type: ignore[index]
    assert shown["CAConfig"] == body["CAConfig"]
    assert shown["TaskDefaults"] == body["TaskDefaults"]
    assert warnings(spec) == (
        "Raft.HeartbeatTick has no effect here",
        "CAConfig.NodeCertExpiry has no effect here",
        "CAConfig.ExternalCAs has no effect here",
        "TaskDefaults.LogDriver has no effect here",
    )


def test_what_an_update_leaves_out_stays_kept_until_it_is_set_back() -> None:
    current = decode_swarm_spec({"Raft": {"ElectionTick": 3}, "CAConfig": {"ForceRotate": 2}}, ClusterSpec())
    assert decode_swarm_spec({"Raft": {"ElectionTick": 0}}, current) == current
    changed = decode_swarm_spec({"Raft": {"ElectionTick": 10}, "CAConfig": {"ForceRotate": 4}}, current)
    assert changed == decode_swarm_spec({"CAConfig": {"ForceRotate": 4}}, ClusterSpec())


def test_a_signing_key_is_kept_nowhere() -> None:
    spec = decode_swarm_spec({"CAConfig": {"SigningCAKey": "PRIVATE", "ForceRotate": 2}}, ClusterSpec())
    assert "PRIVATE" not in repr(spec)
    assert warnings(spec) == ("CAConfig.ForceRotate has no effect here",)


def test_a_rotation_is_asked_for_by_another_count_than_the_last() -> None:
    current = decode_swarm_spec({"CAConfig": {"ForceRotate": 2}}, ClusterSpec())
    asks = [count for count in range(4) if asks_for_authority({"CAConfig": {"ForceRotate": count}}, current)]
    assert asks == [1, 3], "0 stays as it is"
    assert not asks_for_authority({}, current)


def test_init_as_the_command_line_sends_it() -> None:
    request = decode_init_request(
        {
            "ListenAddr": "0.0.0.0:2377",
            "AdvertiseAddr": "eth0",
            "DataPathAddr": "",
            "DataPathPort": 0,
            "ForceNewCluster": False,
            "Spec": {
                "Labels": None,
                "Orchestration": {},
                "Raft": {"ElectionTick": 0, "HeartbeatTick": 0},
                "Dispatcher": {},
                "CAConfig": {},
                "TaskDefaults": {},
                "EncryptionConfig": {"AutoLockManagers": False},
            },
            "AutoLockManagers": False,
            "Availability": "active",
            "DefaultAddrPool": None,
            "SubnetSize": 0,
        }
    )
    assert (request.listen_address, request.advertise_address) == ("0.0.0.0:2377", "eth0")
    assert request.operation(Address("10.0.0.1:2377")) == InitSwarm(Address("10.0.0.1:2377"))
    assert warnings(request.spec) == ()


@pytest.mark.parametrize(
    "body", [{"AutoLockManagers": True}, {"Spec": {"EncryptionConfig": {"AutoLockManagers": True}}}]
)
def test_managers_lock_themselves_wherever_that_is_said(body: object) -> None:
    assert decode_init_request(body).operation(Address("a:1")).spec == ClusterSpec(autolock_managers=True)


def test_init_with_everything_set() -> None:
    request = decode_init_request(
        {
            "DataPathPort": 7000,
            "DefaultAddrPool": ["10.20.0.0/16", "10.30.0.0/16"],
            "SubnetSize": 26,
            "ForceNewCluster": True,
            "Availability": "DRAIN",
        }
    )
    assert request.operation(Address("a:1")) == InitSwarm(
        Address("a:1"),
        Availability.DRAIN,
        ("10.20.0.0/16", "10.30.0.0/16"),
        subnet_prefix_length=26,
        data_path_port=7000,
        force_new_cluster=True,
    )


def test_join() -> None:
    request = decode_join_request({"RemoteAddrs": ["m:2377"], "JoinToken": "t", "Availability": "", "ListenAddr": None})
    remotes = (Address("10.0.0.9:2377"),)
    assert request.remotes == ("m:2377",)
    assert request.operation(Address("a:1"), remotes) == JoinSwarm(Address("a:1"), remotes, "t")


def test_unlock() -> None:
    assert decode_unlock_request({"unlockkey": "SWMKEY-1-x"}) == UnlockSwarm("SWMKEY-1-x")
    assert decode_unlock_request({}) == UnlockSwarm("")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "expected a mapping, not a list"),
        ({"Spec": {"Raft": 5}}, "Spec.Raft: expected a mapping, not 5"),
        ({"Spec": {"Labels": {"a": 1}}}, "Spec.Labels.a: expected text, not 1"),
        ({"SubnetSize": "24"}, "SubnetSize: expected a whole number, not '24'"),
        ({"DataPathPort": 1.5}, "DataPathPort: expected a whole number, not 1.5"),
        ({"ForceNewCluster": 0}, "ForceNewCluster: expected true or false, not 0"),
        ({"DefaultAddrPool": "10.0.0.0/8"}, "DefaultAddrPool: expected a list, not '10.0.0.0/8'"),
        ({"DefaultAddrPool": ["", 7]}, "DefaultAddrPool[1]: expected text, not 7"),
        ({"Availability": "idle"}, "Availability: 'idle' is not possible here; there are active, pause, drain"),
        ({"SubnetSize": False, "listenaddr": {}}, "listenaddr: expected text, not a mapping\nSubnetSize: "),
    ],
)
def test_a_bad_body_is_refused_by_the_paths_of_what_is_wrong(body: object, message: str) -> None:
    with pytest.raises(DocumentError) as refused:
        decode_init_request(body)
    assert str(refused.value).startswith(message)
