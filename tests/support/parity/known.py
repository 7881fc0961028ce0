"""The differences between a genuine engine of Docker 20.10 and our API that are known, and why each is there.

One that is no longer there has to go from here: that is tested.
"""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from parity.comparison import Difference


class Known(Struct, frozen=True):
    """`pattern` is a difference's text in which `*` stands for anything, `|` for the two sides' answers apart."""

    pattern: str
    row: str
    """What its row is of in docs/differences-from-docker.md; empty where 28.2.2 is followed."""

    def is_of(self, difference: Difference) -> bool:
        """Whether the difference is this one."""
        expression = ".*".join(map(re.escape, self.pattern.split("*")))
        return re.fullmatch(expression, str(difference), re.DOTALL) is not None


def newer(*patterns: str) -> tuple[Known, ...]:
    """What Docker 28.2.2 answers otherwise than 20.10: there, it is what we do."""
    return tuple(Known(pattern, "") for pattern in patterns)


def ours(row: str, *patterns: str) -> tuple[Known, ...]:
    """What is otherwise here than in any Docker: `row` is what its row in docs/differences-from-docker.md is of."""
    return tuple(Known(pattern, row) for pattern in patterns)


NEWER: Final = newer(
    '*_ping* api-version: "1.41" | "1.50"',
    "*_ping* swarm: absent | *",
    'GET /version body: "1.12" | "1.24"',
    "GET /v1.23/_ping status: 200 | 400",
    'GET /v1.23/_ping body: "OK" | *',
    'GET /v0.1/_ping body: "client version 0.1 is too old. * | *',
    'GET /v1/_ping body: "client version 1 is too old. * | *',
    "*filters=* status: 500 | 400",
    "POST /networks/create status: 500 | 503",
    "POST /services/create* body/Warnings: absent | null",
    "GET *networks* body*/EnableIPv4: absent | true",
    'GET /networks?filters={"name": ["bac"]} body/0: absent | *',
    "*/Volumes: absent | []",
    "* body/Services: absent | {}",
)
OURS: Final = (
    *ours("certificates", "*/TLSInfo/*: * | absent", "* (certificates * | *", "* (an external authority) *: * | *"),
    *ours(
        "external authorities, log drivers by default, snapshots that are kept",
        "*/KeepOldSnapshots: 0 | 2",
        "*/LogDriver: absent | *",
        "*/ExternalCAs: absent | *",
    ),
    *ours("the heartbeat period where nobody has set one", "*/Spec/Dispatcher/HeartbeatPeriod: 5000000000 | absent"),
    *ours("`NodeCertExpiry` where nobody has set one", "*/Spec/CAConfig/NodeCertExpiry: 7776000000000000 | absent"),
    *ours("what `POST /swarm/update` leaves out", "GET /swarm (almost nothing said) body/Spec/*: * | *"),
    *ours("an address to advertise that the host does not have", "* (*no address of this host) *: * | *"),
    *ours("a pool for addresses with bits of a host", "* (*a pool with bits of a host) *: * | *"),
    *ours("a swarm that was refused", "* (after a heartbeat of nothing) *: * | *"),
    *ours(
        "`AutoLockManagers` beside the spec of `POST /swarm/init`",
        "*/Spec/EncryptionConfig/AutoLockManagers: false | true",
        'GET /swarm/unlockkey body/UnlockKey: "" | "<key>"',
    ),
    *ours(
        "what is wrong in a request",
        "POST /swarm/init (*) status: 500 | 400",
        "POST /networks/create (*) status: 500 | 400",
        "POST /services/create (a constraint *) status: 500 | 400",
        "POST /services/create (a network that is not there) status: 500 | 404",
        "POST /services/{web}/update?*(a strange rollback) status: 500 | 400",
        "POST /services/{web}/update?*(a bad constraint) status: 500 | 400",
        "POST /services/{web}/update?*(an authority of a strange kind) status: 500 | 400",
    ),
    *ours("the plugins of a node", "*/Description/Engine/Plugins: * | absent"),
    *ours(
        "defaults in services and tasks",
        "*/ContainerSpec/DNSConfig: absent | {}",
        "*/StopGracePeriod: absent | 10000000000",
        "*/Resources: absent | *",
        "*/Resources/*: absent | {}",
        "*/RestartPolicy*: absent | *",
        "*/Placement: absent | {}",
        "*/UpdateConfig: absent | *",
        "*/RollbackConfig: absent | *",
        "*EndpointSpec: absent | *",
        "*/Spec/Mode: absent | *",
        "GET /tasks* body/*/Spec/Runtime: absent | *",
    ),
    *ours("`Isolation`", '*/Isolation: "default" | absent'),
    *ours(
        "options of SELinux and credentials",
        "*/Privileges/*: * | absent",
        "POST /services/create (privileges) *: * | *",
    ),
    *ours("mounts of a service", "POST /services/create (*mount*) body/Warnings: absent | *"),
    *ours(
        "what is empty in networks",
        "*/IPAM/Options: null | absent",
        "*networks*/Containers: null | {}",
        "*networks*/Labels: null | {}",
    ),
    *ours(
        "networks of one host",
        *(
            f"GET /networks?filters={{}} (filters) body/*/{field}*: * | *"
            for field in ("Created", "IPAM/Config/0", "Options/com.docker.network.")
        ),
    ),
    *ours("containers of a network", "GET /networks* body*/Containers/*: * | absent"),
    *ours("peers of a network", "* body*/Peers/0/Name: * | *"),
    *ours(
        "an endpoint's id, and its place in a balancer",
        "* body/user/LocalLBIndex: 256 | 0",
        "* body/user/Tasks/0/EndpointID: * | *",
    ),
    *ours("IPv6 in overlays", "POST /networks/create (six with IPv6) body/Warning: * | *"),
    *ours("a network that is named as one of an engine's own", "POST /networks/create (host predefined) *: * | *"),
    *ours("an attached network without subnets of its own", "*/Network/Spec/IPAMOptions: absent | *"),
    *ours("`node=self` in a filter of tasks", 'GET /tasks?filters={"node": ["self"]} *: * | *'),
    *ours("the message of a task that failed", '*/Status/Message: "started" | "failed"'),
    *ours("the desired state of a global job's task that is complete", '*/DesiredState: "complete" | "shutdown"'),
    *ours("slots of jobs", 'GET /tasks?filters={"service": ["job"]} body/*/Slot: * | *'),
    *ours("networks in the old place of a service", "* (networks as of old) body/*Networks: * | *"),
    *ours("a runtime that nobody knows", "* (an unknown runtime*) *: * | *"),
    *ours("ports that are none", "* (a port that is none*) *: * | *", "* (a port beyond all*) *: * | *"),
    *ours(
        "protocols and modes of ports that nobody knows",
        "* (an unknown protocol*) *: * | *",
        "* (an unknown way to publish*) *: * | *",
    ),
    *ours("templates in a service", "* (a bad template*) *: * | *"),
)
KNOWN: Final = NEWER + OURS


def why(difference: Difference, known: Sequence[Known] = KNOWN) -> Known | None:
    """The first that it is one of; None if it is not known."""
    return next((each for each in known if each.is_of(difference)), None)
