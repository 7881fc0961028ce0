"""`swarmsim service create` and `update`: a service's spec from flags, on top of nothing or of what there is."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import Daemon, DaemonError, Json
from swarmsim.cli.docker.flags import Flag, Given, with_flags
from swarmsim.cli.docker.images import with_tag
from swarmsim.cli.docker.options import Detach, Silent
from swarmsim.cli.docker.places import find, put
from swarmsim.cli.docker.registry import Pinned, as_json, pinned
from swarmsim.cli.docker.service_flags import CONTAINER, ROWS, TASK, flags_of
from swarmsim.cli.docker.waiting import wait_for

_REPLICAS: Final = Flag(("--replicas",), "Number of tasks.", int)
_MAX_CONCURRENT: Final = Flag(("--max-concurrent",), "Most tasks of a job at a time.", int)
_REGISTRY: Final = (
    Flag(("--with-registry-auth",), "Taken for docker's sake: no credentials are sent.", bool),
    Flag(("--no-resolve-image",), "Ask no registry for the image's digest.", bool),
)
_CREATE: Final = (
    *flags_of(update=False),
    _REPLICAS,
    _MAX_CONCURRENT,
    Flag(("--env-file",), "File of variables; repeatable.", list[str], "FILE"),
    Flag(("--mode",), "replicated, global, replicated-job or global-job."),
    Flag(("--name",), "The service's name."),
    *_REGISTRY,
)
_UPDATE: Final = (
    *flags_of(update=True),
    _REPLICAS,
    _MAX_CONCURRENT,
    Flag(("--args",), "Arguments of what runs."),
    Flag(("--force",), "Replace the tasks although nothing changes.", bool),
    Flag(("--image",), "Another image."),
    Flag(("--rollback",), "Go back to the spec before the last update.", bool),
    *_REGISTRY,
)


@with_flags(_CREATE)
def create(
    context: typer.Context,
    image: Annotated[str, typer.Argument(metavar="IMAGE", show_default=False)],
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND] [ARG...]", show_default=False)] = None,
    detach: Detach = False,
    quiet: Silent = False,
    *,
    given: Given,
) -> None:
    """Declare a service."""
    asked = daemon(context)
    spec = {"Name": given.get("name", ""), "Labels": {}, "Mode": _mode(given)}
    if command:
        put(spec, f"{CONTAINER}.Args", command)
    if "env-file" in given:
        put(spec, f"{CONTAINER}.Env", [line for file in given["env-file"] for line in _lines(file)])
    _apply(asked, spec, given)
    _put_image(asked, spec, image, given)
    made = asked.post("/services/create", spec)
    _warn(made)
    print(made["ID"])
    if not detach:
        wait_for(asked, made["ID"], made["ID"], quiet=quiet)


create.settings = {"allow_interspersed_args": False}  # type: ignore[attr-defined]


@with_flags(_UPDATE)
def update(
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="SERVICE", show_default=False)],
    detach: Detach = False,
    quiet: Silent = False,
    *,
    given: Given,
) -> None:
    """Change a service; its tasks are replaced as its update's settings say."""
    asked = daemon(context)
    found = asked.get(f"/services/{service}")
    spec, rollback = found["Spec"], "previous" if given.get("rollback") else None
    if "args" in given:
        put(spec, f"{CONTAINER}.Args", shlex.split(given["args"]))
    if given.get("force"):
        put(spec, f"{TASK}.ForceUpdate", find(spec, f"{TASK}.ForceUpdate", 0) + 1)
    _rescale(spec["Mode"], given)
    _apply(asked, spec, given)
    if "image" in given:
        _put_image(asked, spec, given["image"], given)
    _warn(asked.post(f"/services/{found['ID']}/update", spec, version=found["Version"]["Index"], rollback=rollback))
    print(service)
    if not detach:
        wait_for(asked, found["ID"], service, quiet=quiet)


def _apply(asked: Daemon, spec: Json, given: Given) -> None:
    probe = [word for word in given if word.startswith("health-")]
    if "no-healthcheck" in given and probe:
        raise DaemonError(f"--no-healthcheck conflicts with --{probe[0]}")
    for row in ROWS:
        row.apply(asked, spec, given)
    for section in ("UpdateConfig", "RollbackConfig"):  # the API takes a section that does not say it for "all at once"
        if spec.get(section):
            spec[section].setdefault("Parallelism", 1)


def _put_image(asked: Daemon, spec: Json, image: str, given: Given) -> None:
    found = Pinned(with_tag(image)) if "no-resolve-image" in given else pinned(asked, with_tag(image))
    put(spec, f"{CONTAINER}.Image", found.image)
    if found.platforms:
        put(spec, f"{TASK}.Placement.Platforms", as_json(found.platforms))


def _mode(given: Given) -> Json:
    mode, replicas, concurrent = given.get("mode", "replicated"), given.get("replicas"), given.get("max-concurrent")
    if mode not in ("replicated", "replicated-job") and replicas is not None:
        raise DaemonError("replicas can only be used with replicated or replicated-job mode")
    if mode != "replicated-job" and concurrent is not None:
        raise DaemonError("max-concurrent can only be used with replicated-job mode")
    if mode == "replicated":
        return {"Replicated": {"Replicas": 1 if replicas is None else replicas}}
    if mode == "replicated-job":
        total = 1 if replicas is None else replicas
        return {"ReplicatedJob": {"MaxConcurrent": concurrent or total, "TotalCompletions": total}}
    if mode not in ("global", "global-job"):
        raise DaemonError(f"Unknown mode: {mode}, only replicated and global supported")
    return {"Global": {}} if mode == "global" else {"GlobalJob": {}}


def _rescale(mode: Json, given: Given) -> None:
    if "replicas" in given:
        if "Replicated" in mode:
            mode["Replicated"]["Replicas"] = given["replicas"]
        elif "ReplicatedJob" in mode:
            mode["ReplicatedJob"]["TotalCompletions"] = given["replicas"]
        else:
            raise DaemonError("replicas can only be used with replicated or replicated-job mode")
    if "max-concurrent" in given:
        if "ReplicatedJob" not in mode:
            raise DaemonError("max-concurrent can only be used with replicated-job mode")
        mode["ReplicatedJob"]["MaxConcurrent"] = given["max-concurrent"]


def _lines(file: str) -> list[str]:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DaemonError(f"open {file}: {error}") from error
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _warn(answer: Json) -> None:
    for warning in (answer or {}).get("Warnings") or ():
        print(warning, file=sys.stderr)
