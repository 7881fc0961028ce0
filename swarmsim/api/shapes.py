"""The shapes of all requests and answers: those of the swarm's objects, and those of the API's own answers."""

from collections.abc import Mapping
from typing import Final

from core.codec.docker.schemas import named
from core.codec.docker.shapes import SHAPES as OF_OBJECTS
from core.json_schema import NOTHING, TEXT, TIME, TRUTH, WHOLE, Schema, by_name, either, listed, one_of, shape
from swarmsim.api.engine.container_shapes import SHAPES as OF_CONTAINERS
from swarmsim.api.info import LOCAL_STATE

_TEXTS: Final = listed(TEXT)
_WARNINGS: Final = either(_TEXTS, NOTHING)
_DETAILS: Final = dict.fromkeys(("ApiVersion", "MinAPIVersion", "Os", "Arch", "KernelVersion"), TEXT)
_SYSTEM_VERSION: Final = shape(
    {
        "Platform": shape({"Name": TEXT}),
        "Components": listed(shape({"Name": TEXT, "Version": TEXT, "Details": shape(_DETAILS)})),
        **dict.fromkeys(("Version", "GitCommit", "GoVersion", "BuildTime"), TEXT),
        **_DETAILS,
    }
)
_SWARM_INFO: Final = shape(
    {
        "NodeID": TEXT,
        "NodeAddr": TEXT,
        "LocalNodeState": one_of(*dict.fromkeys(LOCAL_STATE.values())),
        "ControlAvailable": TRUTH,
        "Error": TEXT,
        "RemoteManagers": either(listed(shape({"NodeID": TEXT, "Addr": TEXT})), NOTHING),
    },
    {"Nodes": WHOLE, "Managers": WHOLE, "Cluster": named("ClusterInfo"), "Warnings": _TEXTS},
)
_EVENT: Final = shape(
    {
        "Type": TEXT,
        "Action": TEXT,
        "Actor": shape({"ID": TEXT, "Attributes": by_name(TEXT)}),
        "scope": TEXT,
        "time": WHOLE,
        "timeNano": WHOLE,
    },
    dict.fromkeys(("status", "id", "from"), TEXT),
)


def _words(text: str, schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(text.split(), schema)


_SYSTEM_INFO: Final = shape(
    {
        **_words("ID Name ServerVersion Driver LoggingDriver CgroupDriver KernelVersion OperatingSystem OSType", TEXT),
        **_words("OSVersion Architecture IndexServerAddress DockerRootDir DefaultRuntime Isolation InitBinary", TEXT),
        **_words("Containers ContainersRunning ContainersPaused ContainersStopped Images NCPU MemTotal", WHOLE),
        **_words("MemoryLimit SwapLimit CpuCfsPeriod CpuCfsQuota PidsLimit IPv4Forwarding Debug", TRUTH),
        **_words("ExperimentalBuild LiveRestoreEnabled", TRUTH),
        **_words("DriverStatus Labels SecurityOptions Warnings", _TEXTS),
        "Plugins": by_name(_WARNINGS),
        "SystemTime": TIME,
        "RegistryConfig": NOTHING,
        "Runtimes": shape({}),
        "Swarm": _SWARM_INFO,
    }
)
SHAPES: Final[Mapping[str, Schema]] = {
    **OF_OBJECTS,
    **OF_CONTAINERS,
    "Text": TEXT,
    "ErrorResponse": shape({"message": TEXT}),
    "SystemVersion": _SYSTEM_VERSION,
    "SystemInfo": _SYSTEM_INFO,
    "Event": _EVENT,
    "ID": shape({"ID": TEXT}),
    "NodeID": TEXT,
    "Warnings": shape({"Warnings": _WARNINGS}),
    "ServiceCreated": shape({"ID": TEXT, "Warnings": _WARNINGS}),
    "NetworkCreated": shape({"Id": TEXT, "Warning": TEXT}),
    "NetworksPruned": shape({"NetworksDeleted": _WARNINGS}),
    "UnlockKey": shape({"UnlockKey": TEXT}),
}
