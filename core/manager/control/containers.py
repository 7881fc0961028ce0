"""Which containers are sound, as far as no engine is needed to tell (swarmkit controlapi `validateContainerSpec`)."""

import re
from typing import Final

from core.manager.control.refusal import invalid
from core.objects.task import ContainerSpec, HealthCheck
from core.timing import MS

_WORDS: Final = "[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*"
_HOST: Final = r"(?:[a-zA-Z0-9.-]+|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_IMAGE: Final = re.compile(
    rf"(?:{_HOST}/)?{_WORDS}(?:/{_WORDS})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{{32,}})?"
)
"""A repository with its host, a tag and a digest; all but the repository may be left out."""


def check_container(container: ContainerSpec) -> None:
    """Refuse one that no engine would start."""
    if not container.image:
        raise invalid("ContainerSpec: image reference must be provided")
    if _IMAGE.fullmatch(container.image) is None:
        raise invalid(f'ContainerSpec: "{container.image}" is not a valid repository/tag')
    targets: set[str] = set()
    for mount in container.mounts:
        if mount.target in targets:
            raise invalid(f"ContainerSpec: duplicate mount point: {mount.target}")
        targets.add(mount.target)
    if container.health is not None:
        _check_health(container.health)


def _check_health(health: HealthCheck) -> None:
    durations = {
        "Interval": health.interval_ns,
        "Timeout": health.timeout_ns,
        "StartPeriod": health.start_period_ns,
        "StartInterval": health.start_interval_ns,
    }
    for name, duration_ns in durations.items():
        if duration_ns and duration_ns < MS:
            raise invalid(f"ContainerSpec: {name} in HealthConfig cannot be less than 1ms")
    if health.retries < 0:
        raise invalid("ContainerSpec: Retries in HealthConfig cannot be negative")
