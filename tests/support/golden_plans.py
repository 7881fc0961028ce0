"""The Compose files of `tests/swarmsim/compose/stacks`, and what is told of each when it is first deployed.

`python tests/support/golden_plans.py` writes that beside them, as NAME.plan: read what changed before you commit it.
"""

from pathlib import Path
from typing import Final

from core.compose.plan import plan
from core.compose.stack import Stack
from swarmsim.acceptance import founded_with
from swarmsim.cli.plan import lines_of
from swarmsim.cli.stacks import warnings_of
from swarmsim.compose_files import client_environment, load_stack

STACKS: Final = Path(__file__).parents[1] / "swarmsim/compose/stacks"
NAMES: Final = sorted({file.name.split(".")[0] for file in STACKS.glob("*.yml")})
PROCESS: Final = {"OPERATOR": "a clerk", "PLACE": "a hill", "IGNITION": "turn left", "HOME": "/people/me"}
"""The environment of whoever deploys."""


def files_of(name: str) -> list[Path]:
    """The files of one stack, in the order in which they are merged."""
    return [STACKS / f"{name}.yml", *sorted(STACKS.glob(f"{name}.*.yml"))]


def stack_of(name: str) -> Stack:
    """What its files say."""
    environment = client_environment(STACKS, PROCESS)
    stack_name = "" if name == "market" else name  # that one has a name of its own
    return load_stack(files_of(name), name=stack_name, environment=environment, bind_mounts_from="/srv")


def told(name: str) -> str:
    """What its first deployment amounts to."""
    stack = stack_of(name)
    found = plan(stack, founded_with(stack.externals))
    assert not found.refusal, found.refusal
    return "\n".join(lines_of(found, verbose=True)) + warnings_of(stack) + "\n"


def golden(name: str) -> Path:
    """Where it is written what that should be."""
    return STACKS / f"{name}.plan"


if __name__ == "__main__":
    for each in NAMES:
        golden(each).write_text(told(each))
