"""A service as `inspect --pretty` shows it."""

from collections.abc import Iterator
from typing import Final

from swarmsim.cli.docker.ages import age
from swarmsim.cli.docker.amounts import duration_words, size_words
from swarmsim.cli.docker.client import Daemon, Json
from swarmsim.cli.docker.images import short_image
from swarmsim.cli.docker.label_lines import label_lines
from swarmsim.cli.docker.names_of import Names
from swarmsim.cli.docker.places import find

_MODES: Final = {"Replicated": "Replicated", "Global": "Global"}
_NANO: Final = 1_000_000_000


def service_details(daemon: Daemon, service: Json) -> str:
    """All that people ask of it."""
    spec, task = service["Spec"], service["Spec"]["TaskTemplate"]
    return "\n".join(
        [
            "",
            f"ID:\t\t{service['ID']}",
            f"Name:\t\t{spec['Name']}",
            *(line.replace("- ", "", 1) for line in label_lines(spec.get("Labels"))),
            *_mode(spec["Mode"]),
            *_update_status(service.get("UpdateStatus")),
            *_placement(task.get("Placement") or {}),
            *_rollout("UpdateConfig:", "Update", spec.get("UpdateConfig")),
            *_rollout("RollbackConfig:", "Rollback", spec.get("RollbackConfig")),
            *_container(task["ContainerSpec"]),
            *_files("Configs", "Config", task["ContainerSpec"].get("Configs")),
            *_files("Secrets", "Secret", task["ContainerSpec"].get("Secrets")),
            *_resources(task.get("Resources") or {}),
            *_networks(Names(daemon), task.get("Networks")),
            *_endpoint(service.get("Endpoint") or {}),
            "",
        ]
    )


def _mode(mode: Json) -> Iterator[str]:
    yield f"Service Mode:\t{next((word for key, word in _MODES.items() if key in mode), '')}".rstrip()
    if "Replicated" in mode:
        yield f" Replicas:\t{mode['Replicated']['Replicas']}"


def _update_status(status: Json) -> Iterator[str]:
    if status:
        yield "UpdateStatus:"
        yield f" State:\t\t{status['State']}"
        if status.get("StartedAt"):
            yield f" Started:\t{age(status['StartedAt'])}"
        if status["State"] in ("completed", "rollback_completed") and status.get("CompletedAt"):
            yield f" Completed:\t{age(status['CompletedAt'])}"
        yield f" Message:\t{status.get('Message', '')}"


def _placement(placement: Json) -> Iterator[str]:
    yield "Placement:"
    if placement.get("Constraints"):
        yield f" Constraints:\t[{' '.join(placement['Constraints'])}]"
    if placement.get("Preferences"):
        spread = (f"spread={each['Spread']['SpreadDescriptor']}" for each in placement["Preferences"])
        yield f" Preferences:\t[{' '.join(spread)}]"
    if placement.get("MaxReplicas"):
        yield f" Max Replicas Per Node:\t{placement['MaxReplicas']}"


def _rollout(head: str, word: str, config: Json) -> Iterator[str]:
    if config:
        yield head
        yield f" Parallelism:\t{config['Parallelism']}"
        if config.get("Delay"):
            yield f" Delay:\t\t{duration_words(config['Delay'])}"
        yield f" On failure:\t{config['FailureAction']}"
        if config.get("Monitor"):
            yield f" Monitoring Period: {duration_words(config['Monitor'])}"
        yield f" Max failure ratio: {config.get('MaxFailureRatio', 0):g}"
        yield f" {f'{word} order:':<18} {config['Order']}"


def _container(container: Json) -> Iterator[str]:
    yield "ContainerSpec:"
    yield f" Image:\t\t{short_image(container['Image'])}"
    for head, key in (("Command", "Command"), ("Args", "Args")):
        if container.get(key):
            yield f" {head}:\t\t{' '.join(container[key])} "
    if container.get("Env"):
        yield f" Env:\t\t{' '.join(container['Env'])} "
    if container.get("Dir"):
        yield f" Dir:\t\t{container['Dir']}"
    if container.get("Init") is not None:
        yield f" Init:\t\t{str(container['Init']).lower()}"
    if container.get("User"):
        yield f" User: {container['User']}"
    if container.get("Mounts"):
        yield "Mounts:"
        for mount in container["Mounts"]:
            yield f" Target:\t{mount['Target']}"
            yield f"  Source:\t{mount.get('Source', '')}"
            yield f"  ReadOnly:\t{str(bool(mount.get('ReadOnly'))).lower()}"
            yield f"  Type:\t\t{mount['Type']}"


def _files(head: str, word: str, references: Json) -> Iterator[str]:
    if references:
        yield f"{head}:"
        for reference in references:
            yield f" Target:\t{find(reference, 'File.Name', '')}"
            yield f"  Source:\t{reference[f'{word}Name']}"


def _resources(resources: Json) -> Iterator[str]:
    yield "Resources:"
    for head, key in (("Reservations", "Reservations"), ("Limits", "Limits")):
        amounts = resources.get(key) or {}
        if amounts:
            yield f" {head}:"
        if amounts.get("NanoCPUs"):
            yield f"  CPU:\t\t{amounts['NanoCPUs'] / _NANO:g}"
        if amounts.get("MemoryBytes"):
            yield f"  Memory:\t{size_words(amounts['MemoryBytes'])}"


def _networks(names: Names, targets: Json) -> Iterator[str]:
    if targets:
        yield f"Networks: {' '.join(names.network(target['Target']) for target in targets)} "


def _endpoint(endpoint: Json) -> Iterator[str]:
    yield f"Endpoint Mode:\t{find(endpoint, 'Spec.Mode', 'vip')}"
    if endpoint.get("Ports"):
        yield "Ports:"
        for port in endpoint["Ports"]:
            if port.get("Name"):
                yield f" Name = {port['Name']}"
            yield f" PublishedPort = {port.get('PublishedPort', 0)}"
            yield f"  Protocol = {port['Protocol']}"
            yield f"  TargetPort = {port['TargetPort']}"
            yield f"  PublishMode = {port['PublishMode']} "
