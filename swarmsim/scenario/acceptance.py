"""Whether a swarm would take a stack: asked when a scenario is loaded, not first when it is played."""

from core.compose.stack import Stack
from core.document import Value
from core.manager.control.refusal import Refusal
from core.manager.control.services import check_mode
from core.manager.control.task_specs import check_task_spec


def check_accepted(file: Value, stack: Stack) -> None:
    """Refuse, in the manager's own words, a stack with a service that every manager would refuse."""
    for service in stack.services:
        try:
            check_mode(service.spec)
            check_task_spec(service.spec.task)
        except Refusal as refusal:
            name = service.spec.name
            file.fail(f"the swarm would refuse service {name!r}: {str(refusal).removeprefix(f'service {name}: ')}")
