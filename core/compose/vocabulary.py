"""The keys of a Compose file, by what `docker stack deploy` does with them (Compose format 3.13)."""

from typing import Final

TOP_LEVEL_KEYS: Final = ("version", "name", "services", "networks", "volumes", "secrets", "configs")
"""`name` is from the Compose specification: accepted, and used where no stack name is given."""

VERSIONS: Final = ("3", *(f"3.{minor}" for minor in range(14)))
"""The formats that are accepted; without a version the newest is meant."""

SUPPORTED_SERVICE_KEYS: Final = (
    "image",
    "command",
    "entrypoint",
    "environment",
    "env_file",
    "labels",
    "hostname",
    "user",
    "working_dir",
    "read_only",
    "tty",
    "stdin_open",
    "init",
    "isolation",
    "stop_signal",
    "stop_grace_period",
    "healthcheck",
    "ports",
    "networks",
    "volumes",
    "tmpfs",
    "secrets",
    "configs",
    "credential_spec",
    "dns",
    "dns_search",
    "extra_hosts",
    "logging",
    "sysctls",
    "ulimits",
    "cap_add",
    "cap_drop",
    "oom_score_adj",
    "deploy",
    "depends_on",
)
"""`depends_on` says nothing to a swarm: its tasks start in any order and retry."""

IGNORED_SERVICE_KEYS: Final = (
    "build",
    "cgroup_parent",
    "cgroupns_mode",
    "devices",
    "domainname",
    "external_links",
    "ipc",
    "links",
    "mac_address",
    "network_mode",
    "pid",
    "privileged",
    "restart",
    "security_opt",
    "shm_size",
    "userns_mode",
)
"""Answered with one warning. `restart` still decides the restart policy where `deploy.restart_policy` is absent."""

DEPRECATED_SERVICE_KEYS: Final = {
    "container_name": "a swarm names the containers itself",
    "expose": "services on the same network reach each other's containers on any port",
}

_USE_DEPLOY_RESOURCES: Final = "set limits under deploy.resources"
FORBIDDEN_SERVICE_KEYS: Final = {
    "extends": "write the service out, or merge several files",
    "volume_driver": "name the driver under the top-level volumes",
    "volumes_from": "declare the volume under the top-level volumes and mount it in each service",
    "cpu_quota": _USE_DEPLOY_RESOURCES,
    "cpu_shares": _USE_DEPLOY_RESOURCES,
    "cpuset": _USE_DEPLOY_RESOURCES,
    "mem_limit": _USE_DEPLOY_RESOURCES,
    "memswap_limit": _USE_DEPLOY_RESOURCES,
    "profiles": "every service of a file is deployed; write others into a file of their own",
}
"""Refused, with what to do instead. Docker has no word for `profiles` but that it does not know it."""

SERVICE_KEYS: Final = (
    *SUPPORTED_SERVICE_KEYS,
    *IGNORED_SERVICE_KEYS,
    *DEPRECATED_SERVICE_KEYS,
    *FORBIDDEN_SERVICE_KEYS,
)
