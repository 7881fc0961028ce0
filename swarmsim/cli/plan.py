"""`swarmsim plan`: what deploying a stack would change, without deploying it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from core.compose.deployment import DeploymentFailed, Done
from core.compose.plan import Difference, Plan, PlannedChange, Recreated
from core.compose.plan import plan as planned
from core.compose.stack import Stack
from core.operations import Kind
from swarmsim.acceptance import founded_with
from swarmsim.cli.stacks import client_stack, warnings_of
from swarmsim.cli.standard_input import check_read_once
from swarmsim.compose_files import STANDARD_INPUT, called, read_source
from swarmsim.yaml_source import SourceError

WOULD_FAIL: Final = 1
_AGAINST_ENV: Final = "--against-env"

_SIGNS: Final = {Done.CREATED: "+", Done.UPDATED: "~", Done.REMOVED: "-", Done.UNCHANGED: "="}
_TALLY: Final = {Done.CREATED: "create", Done.UPDATED: "update", Done.REMOVED: "remove"}
_TASKS: Final = {
    Recreated.ALL: "all tasks are replaced by new ones",
    Recreated.MISPLACED: "tasks are replaced where their node does not suit the new placement",
    Recreated.NONE: "tasks run on as they are",
}


def plan(
    compose_files: Annotated[
        list[Path],
        typer.Option("--compose-file", "-c", metavar="FILE", help="Compose file; several are merged; - is stdin."),
    ],
    stack: Annotated[
        str, typer.Argument(metavar="STACK", help="The stack's name; if absent, the file's.", show_default=False)
    ] = "",
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="What runs now: an earlier version of the stack; several are merged."),
    ] = None,
    against_env: Annotated[
        list[str] | None,
        typer.Option(
            _AGAINST_ENV, metavar="NAME=VALUE", help="A variable as it was for --against, if it is another one now."
        ),
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove services that are no longer in the file.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show settings of what is created, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Say what deploying a stack would change: to an empty swarm, or to one in which an earlier version of it runs.

    What the stack calls external is taken to be there. Variables of both versions are taken from the environment as it
    is now; what another had when the earlier version was deployed is told with --against-env.

    Exit code 0: it could be deployed; 1: it would fail half-way;
    2: bad input.
    """
    check_read_once([*compose_files, *(against or [])])
    if against_env and not against:
        raise typer.BadParameter("it is for the files of --against; name them", param_hint=_AGAINST_ENV)
    new = _stack(compose_files, stack)
    old = _stack(against, stack or new.name, _variables(against_env or [])) if against else None
    swarm = founded_with([*new.externals, *(old.externals if old is not None else ())])
    if old is not None and isinstance(failed := swarm.deploy(old), DeploymentFailed):
        raise SourceError(called((against or [STANDARD_INPUT])[0]), 0, f"cannot be running: {failed.message}")
    found = planned(new, swarm, prune=prune)
    if json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        print("\n".join(lines_of(found, verbose=verbose)) + warnings_of(new))
    if found.refusal:
        print(f"error: the deployment would fail: {found.refusal}", file=sys.stderr)
        raise typer.Exit(WOULD_FAIL)


def _stack(files: Sequence[Path], name: str, variables: Mapping[str, str] | None = None) -> Stack:
    return client_stack([read_source(file) for file in files], files[0].parent, name=name, variables=variables)


def _variables(written: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=_AGAINST_ENV)
        found[name] = value
    return found


def lines_of(plan: Plan, *, verbose: bool) -> Iterator[str]:
    """The plan for a person."""
    yield f"stack {plan.stack}: {_tally(plan)}"
    for change in plan.changes:
        stays = change.done is Done.UNCHANGED
        if change.differences or not stays or verbose:
            yield f"  {_SIGNS[change.done]} {change.kind.value} {change.name}{_remark(change)}"
        if change.done is not Done.CREATED or verbose:
            yield from (f"      {_difference(each)}" for each in change.differences)
    for name in plan.left_over:
        yield f"  ! {Kind.SERVICE.value} {name} is no longer in the file and stays; --prune removes it"


def _remark(change: PlannedChange) -> str:
    if change.done is Done.UPDATED and change.kind is Kind.SERVICE:
        return f": {_TASKS[change.recreated]}"
    is_passed_over = change.done is Done.UNCHANGED and change.differences
    return f": stays as it is, since no deployment changes a {change.kind.value}" if is_passed_over else ""


def _tally(plan: Plan) -> str:
    counts = {done: sum(change.done is done for change in plan.changes) for done in Done}
    nothing = "nothing before it fails" if plan.refusal else "nothing to do"
    parts = [f"{counts[done]} to {word}" for done, word in _TALLY.items() if counts[done]]
    return ", ".join([*(parts or [nothing]), f"{counts[Done.UNCHANGED]} untouched"])


def _difference(difference: Difference) -> str:
    if difference.old is None:
        return f"+ {difference.key}: {difference.new}"
    if difference.new is None:
        return f"- {difference.key}: {difference.old}"
    return f"~ {difference.key}: {difference.old} -> {difference.new}"
