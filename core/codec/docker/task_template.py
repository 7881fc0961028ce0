"""The template of a service's tasks: the container, and on which terms and where it is to run."""

from typing import Final

from core.codec.docker.container import CONTAINER
from core.codec.docker.kept import Kept
from core.codec.docker.kinds import INTEGER, LABELS, TEXT, TEXTS, many, word
from core.codec.docker.resources import PLATFORM, RESOURCES
from core.codec.docker.tables import Field, Table, table, within
from core.objects.task import (
    ContainerSpec,
    LogDriver,
    NetworkTarget,
    Placement,
    RestartCondition,
    RestartPolicy,
    TaskSpec,
)

NETWORK_TARGETS: Final = many(
    table(
        NetworkTarget,
        Field("Target", "network_id", TEXT, absent=""),
        Field("Aliases", "aliases", TEXTS),
        Field("DriverOpts", "driver_options", LABELS),
    )
)
"""Networks by id or by name, as the client wrote."""
_RESTART: Final = table(
    RestartPolicy,
    Field("Condition", "condition", word(RestartCondition), always=True),
    Field("Delay", "delay_ns", INTEGER, always=True),
    Field("MaxAttempts", "max_attempts", INTEGER, always=True),
    Field("Window", "window_ns", INTEGER),
)
_PLACEMENT: Final = table(
    Placement,
    Field("Constraints", "constraints", TEXTS),
    Field("Preferences", "preferences", many(within("Spread.SpreadDescriptor", TEXT, absent=""))),
    Field("MaxReplicas", "max_replicas", INTEGER),
    Field("Platforms", "platforms", many(PLATFORM)),
)
_LOG_DRIVER: Final = table(
    LogDriver,
    Field("Name", "name", TEXT),
    Field("Options", "options", LABELS),
)

TASK_SPEC: Final = Table(
    TaskSpec,
    Field("ContainerSpec", "container", CONTAINER, absent=ContainerSpec("")),
    Kept("PluginSpec"),
    Kept("NetworkAttachmentSpec"),
    Field("Resources.Limits", "limits", RESOURCES),
    Field("Resources.Reservations", "reservations", RESOURCES),
    Kept("Resources.Reservations.GenericResources"),
    Field("RestartPolicy", "restart", _RESTART),
    Field("Placement", "placement", _PLACEMENT),
    Field("Networks", "networks", NETWORK_TARGETS),
    Field("LogDriver", "log_driver", _LOG_DRIVER),
    Field("ForceUpdate", "force_update", INTEGER, always=True),
    Kept("Runtime", usual="container"),
)
