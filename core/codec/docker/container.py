"""What runs: `ContainerSpec`, and the files and mounts it is to have."""

from typing import Final

from core.codec.docker.kept import Kept, has
from core.codec.docker.kinds import INTEGER, LABELS, TEXT, TEXTS, TRUTH, Kind, Object, many
from core.codec.docker.mount import MOUNTS
from core.codec.docker.tables import Field, Section, table
from core.document import Value
from core.json_schema import shape
from core.mistakes import each
from core.objects.task import (
    ConfigReference,
    ContainerSpec,
    FileTarget,
    HealthCheck,
    SecretReference,
    Ulimit,
)

_FILE: Final = table(
    FileTarget,
    Field("Name", "name", TEXT, always=True, absent=""),
    Field("UID", "uid", TEXT, always=True),
    Field("GID", "gid", TEXT, always=True),
    Field("Mode", "mode", INTEGER, always=True),
)
_NO_FILE: Final = FileTarget("")
_SECRETS: Final = many(
    table(
        SecretReference,
        Field("File", "file", _FILE, absent=_NO_FILE),
        Field("SecretID", "secret_id", TEXT, always=True, absent=""),
        Field("SecretName", "secret_name", TEXT, always=True, absent=""),
    )
)
_CONFIG: Final = table(
    ConfigReference,
    Field("File", "file", _FILE, absent=_NO_FILE),
    Field("ConfigID", "config_id", TEXT, always=True, absent=""),
    Field("ConfigName", "config_name", TEXT, always=True, absent=""),
)


def _config_files(value: Value) -> tuple[ConfigReference, ...]:
    return each([item for item in value.items() if not has(item.raw, "Runtime")], _CONFIG.read)


def _credential_spec(value: Value) -> dict[str, str]:
    texts = LABELS.read(value)
    return {name.lower(): text for name, text in texts.items() if text and name.lower() in _CREDENTIALS}


def _credential_spec_object(content: dict[str, str]) -> Object:
    return {name.title(): content.get(name, "") for name in _CREDENTIALS}


_CREDENTIALS: Final = ("config", "file", "registry")
_CREDENTIAL_SPEC: Final = Kind(
    _credential_spec, _credential_spec_object, shape({}, {name.title(): TEXT.schema for name in _CREDENTIALS})
)
_HEALTH_CHECK: Final = table(
    HealthCheck,
    Field("Test", "test", TEXTS),
    Field("Interval", "interval_ns", INTEGER, absent=0),  # as the image says, which an engine knows
    Field("Timeout", "timeout_ns", INTEGER, absent=0),
    Field("StartPeriod", "start_period_ns", INTEGER),
    Field("StartInterval", "start_interval_ns", INTEGER, absent=0),
    Field("Retries", "retries", INTEGER, absent=0),
)
_ULIMITS: Final = many(
    table(
        Ulimit,
        Field("Name", "name", TEXT, always=True, absent=""),
        Field("Hard", "hard", INTEGER, always=True, absent=0),
        Field("Soft", "soft", INTEGER, always=True, absent=0),
    )
)

CONTAINER: Final = table(
    ContainerSpec,
    Field("Image", "image", TEXT, absent=""),
    Field("Labels", "labels", LABELS),
    Field("Command", "command", TEXTS),
    Field("Args", "args", TEXTS),
    Field("Hostname", "hostname", TEXT),
    Field("Env", "env", TEXTS),
    Field("Dir", "dir", TEXT),
    Field("User", "user", TEXT),
    Field("Groups", "groups", TEXTS),
    Field("Privileges.CredentialSpec", "credential_spec", _CREDENTIAL_SPEC),
    Kept("Privileges.SELinuxContext"),
    Kept("Privileges.Seccomp"),
    Kept("Privileges.AppArmor"),
    Kept("Privileges.NoNewPrivileges"),
    Field("Init", "init", TRUTH),
    Field("StopSignal", "stop_signal", TEXT),
    Field("TTY", "tty", TRUTH),
    Field("OpenStdin", "open_stdin", TRUTH),
    Field("ReadOnly", "read_only", TRUTH),
    Field("Mounts", "mounts", MOUNTS),
    Field("StopGracePeriod", "stop_grace_period_ns", INTEGER),
    Field("Healthcheck", "health", _HEALTH_CHECK),
    Field("Hosts", "hosts", TEXTS),
    Section("DNSConfig"),
    Field("DNSConfig.Nameservers", "dns_nameservers", TEXTS),
    Field("DNSConfig.Search", "dns_search", TEXTS),
    Field("DNSConfig.Options", "dns_options", TEXTS),
    Field("Secrets", "secrets", _SECRETS),
    Field("Configs", "configs", Kind(_config_files, many(_CONFIG).write, many(_CONFIG).schema)),
    Kept("Configs", items_with="Runtime"),  # a credential spec, of which no engine here makes use
    Field("Isolation", "isolation", TEXT),
    Field("Sysctls", "sysctls", LABELS),
    Field("CapabilityAdd", "capability_add", TEXTS),
    Field("CapabilityDrop", "capability_drop", TEXTS),
    Field("Ulimits", "ulimits", _ULIMITS),
    Field("OomScoreAdj", "oom_score_adj", INTEGER),
)
