"""The shapes of requests and answers that concern one host's engine: its containers, execs, images and volumes."""

from collections.abc import Mapping
from typing import Final

from core.codec.docker.schemas import named
from core.json_schema import NOTHING, TEXT, TIME, TRUTH, WHOLE, Schema, by_name, either, listed, shape

_TEXTS: Final = listed(TEXT)
_MAYBE_TEXTS: Final = either(_TEXTS, NOTHING)
_LABELS: Final = by_name(TEXT)
_ANYTHING: Final[Schema] = {}
_WORDS: Final = either(_TEXTS, TEXT, NOTHING)


def _each(names: str, schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


_NETWORKS: Final = shape({"Networks": by_name(named("ContainerEndpoint"))})
_SUMMARY: Final = shape(
    {
        **_each("Id Image ImageID Command State Status", TEXT),
        "Names": _TEXTS,
        "Created": WHOLE,
        "Ports": listed(shape({**_each("IP Type", TEXT), **_each("PrivatePort PublicPort", WHOLE)})),
        "Labels": _LABELS,
        "HostConfig": shape({"NetworkMode": TEXT}),
        "NetworkSettings": _NETWORKS,
        "Mounts": listed(named("ContainerMount")),
    }
)
_ENDPOINT: Final = shape(
    {
        "IPAMConfig": either(shape({"IPv4Address": TEXT}), NOTHING),
        **_each("Links DriverOpts", NOTHING),
        "Aliases": _MAYBE_TEXTS,
        **_each("MacAddress NetworkID EndpointID Gateway IPAddress IPv6Gateway GlobalIPv6Address", TEXT),
        **_each("GwPriority IPPrefixLen GlobalIPv6PrefixLen", WHOLE),
        "DNSNames": _TEXTS,
    }
)
_STATE: Final = shape(
    {
        **_each("Status Error", TEXT),
        **_each("Running Paused Restarting OOMKilled Dead", TRUTH),
        **_each("Pid ExitCode", WHOLE),
        **_each("StartedAt FinishedAt", TIME),
    },
    {"Health": shape({"Status": TEXT, "FailingStreak": WHOLE, "Log": listed(_ANYTHING)})},
)
_BINDINGS: Final = by_name(listed(shape({"HostIp": TEXT, "HostPort": TEXT})))
_CONFIG: Final = shape(
    {
        **_each("Hostname Domainname User Image WorkingDir", TEXT),
        **_each("AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce", TRUTH),
        "Env": _TEXTS,
        **_each("Cmd Entrypoint", _MAYBE_TEXTS),
        "Volumes": NOTHING,
        "Labels": _LABELS,
    },
    {"StopSignal": TEXT, "Healthcheck": _ANYTHING, "ExposedPorts": by_name(shape({}))},
)
_HOST_CONFIG: Final = shape(
    {
        **_each("NetworkMode Runtime", TEXT),
        **_each("AutoRemove ReadonlyRootfs Privileged", TRUTH),
        "Binds": NOTHING,
        "LogConfig": shape({"Type": TEXT, "Config": _LABELS}),
        "PortBindings": _BINDINGS,
        "RestartPolicy": shape({"Name": TEXT, "MaximumRetryCount": WHOLE}),
        "Init": either(TRUTH, NOTHING),
        **_each("Dns DnsOptions DnsSearch", _TEXTS),
        "ExtraHosts": _MAYBE_TEXTS,
        "Memory": WHOLE,
    }
)
_CONTAINER: Final = shape(
    {
        **_each("Id Path Image ResolvConfPath HostnamePath HostsPath LogPath Name Driver Platform", TEXT),
        **_each("MountLabel ProcessLabel AppArmorProfile", TEXT),
        "Created": TIME,
        "Args": _TEXTS,
        "State": _STATE,
        "RestartCount": WHOLE,
        "ExecIDs": _MAYBE_TEXTS,
        "HostConfig": _HOST_CONFIG,
        "GraphDriver": named("GraphDriver"),
        "Mounts": listed(named("ContainerMount")),
        "Config": _CONFIG,
        "NetworkSettings": shape(
            {**_each("Bridge SandboxID SandboxKey", TEXT), "Ports": _BINDINGS, **_NETWORKS["properties"]}
        ),
    }
)
_CREATE: Final = shape(
    {"Image": TEXT},
    {
        **_each("Cmd Entrypoint", _WORDS),
        "Env": _MAYBE_TEXTS,
        "Labels": either(_LABELS, NOTHING),
        **_each("Hostname User WorkingDir StopSignal", TEXT),
        **_each("Tty OpenStdin", TRUTH),
        "StopTimeout": either(WHOLE, NOTHING),
        "Healthcheck": _ANYTHING,
        "HostConfig": _ANYTHING,
    },
)
_IMAGE_SUMMARY: Final = shape(
    {
        **_each("Id ParentId", TEXT),
        **_each("RepoTags RepoDigests", _TEXTS),
        **_each("Created Size SharedSize Containers", WHOLE),
        "Labels": NOTHING,
    }
)
_IMAGE: Final = shape(
    {
        **_each("Id Parent Comment DockerVersion Author Architecture Os", TEXT),
        **_each("RepoTags RepoDigests", _TEXTS),
        "Created": TIME,
        "Config": shape(
            {**_each("Entrypoint Cmd", _MAYBE_TEXTS), **_each("Env Labels", NOTHING)},
            {"ExposedPorts": by_name(shape({}))},
        ),
        "Size": WHOLE,
        "GraphDriver": named("GraphDriver"),
        "RootFS": shape({"Type": TEXT, "Layers": _TEXTS}),
        "Metadata": shape({"LastTagTime": TIME}),
    }
)
_DELETED: Final = shape({}, _each("Untagged Deleted", TEXT))
_EXEC: Final = shape(
    {
        **_each("ID ContainerID DetachKeys", TEXT),
        **_each("Running OpenStdin OpenStderr OpenStdout CanRemove", TRUTH),
        "ExitCode": either(WHOLE, NOTHING),
        "ProcessConfig": shape(
            {"entrypoint": TEXT, "arguments": _TEXTS, **_each("tty privileged", TRUTH)},
        ),
        "Pid": WHOLE,
    }
)

SHAPES: Final[Mapping[str, Schema]] = {
    "Output": {"type": "string", "format": "binary"},
    "GraphDriver": shape({"Name": TEXT, "Data": NOTHING}),
    "ContainerSummary": _SUMMARY,
    "ContainerEndpoint": _ENDPOINT,
    "ContainerMount": shape({**_each("Type Source Destination Mode Propagation", TEXT), "RW": TRUTH}, {"Name": TEXT}),
    "Container": _CONTAINER,
    "ContainerCreateRequest": _CREATE,
    "ContainerCreated": shape({"Id": TEXT, "Warnings": _TEXTS}),
    "ContainersPruned": shape({"ContainersDeleted": _MAYBE_TEXTS, "SpaceReclaimed": WHOLE}),
    "ContainerWaitResponse": shape({"StatusCode": WHOLE}),
    "ContainerTop": shape({"Titles": _TEXTS, "Processes": listed(_TEXTS)}),
    "ExecRequest": shape(
        {"Cmd": _TEXTS},
        {"Env": _MAYBE_TEXTS, "DetachKeys": TEXT, **_each("Tty AttachStdin AttachStdout AttachStderr", TRUTH)},
    ),
    "ExecStartRequest": shape({}, _each("Detach Tty", TRUTH)),
    "ExecCreated": shape({"Id": TEXT}),
    "Exec": _EXEC,
    "ImageSummary": _IMAGE_SUMMARY,
    "Image": _IMAGE,
    "ImageDeleted": _DELETED,
    "ImagesPruned": shape({"ImagesDeleted": either(listed(named("ImageDeleted")), NOTHING), "SpaceReclaimed": WHOLE}),
    "Progress": shape({}, {**_each("status id error", TEXT), "errorDetail": shape({"message": TEXT})}),
    "Distribution": shape(
        {
            "Descriptor": shape({**_each("mediaType digest", TEXT), "size": WHOLE}),
            "Platforms": listed(shape(_each("architecture os", TEXT))),
        }
    ),
    "VolumeList": shape({"Volumes": listed(_ANYTHING), "Warnings": NOTHING}),
    "VolumesPruned": shape({"VolumesDeleted": NOTHING, "SpaceReclaimed": WHOLE}),
    "BuildsPruned": shape({"CachesDeleted": NOTHING, "SpaceReclaimed": WHOLE}),
    "Plugin": _ANYTHING,
    "DiskUsage": shape(
        {
            "LayersSize": WHOLE,
            "Images": either(listed(named("ImageSummary")), NOTHING),
            "Containers": either(listed(named("ContainerSummary")), NOTHING),
            **_each("Volumes BuildCache", either(listed(_ANYTHING), NOTHING)),
        }
    ),
}
