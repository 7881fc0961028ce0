"""Waiting until a service has converged, with bars where a terminal is watched, else with a line for each step."""

import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from swarmsim.cli.docker.client import Daemon, DaemonError, Filters
from swarmsim.cli.docker.convergence import STATES, Convergence, Seen

_PAUSE_S: Final = 0.2
"""Between two looks, as docker does."""
_STILL_THERE: Final = STATES[: STATES.index("complete")]
_MOST_BARS: Final = 20
_BAR_WIDTH: Final = 50

Show = Callable[[Seen], None]


def wait_for(daemon: Daemon, service_id: str, called: str, *, quiet: bool) -> None:
    """Raises DaemonError if it will not converge. Ctrl-C ends the wait alone: the swarm goes on."""
    try:
        if quiet:
            _watch(daemon, service_id, lambda seen: None)
            return
        if sys.stdout.isatty():
            with Live(console=Console(), auto_refresh=False) as live:
                seen = _watch(daemon, service_id, lambda seen: live.update(_bars(seen), refresh=True))
        else:
            seen = _watch(daemon, service_id, _plain_lines())
    except KeyboardInterrupt:
        print(f"Operation continuing in background.\nUse `swarmsim service ps {called}` to check progress.")
        return
    print("job complete" if seen.is_job else f"verify: Service {called} converged")
    if seen.message:
        print(seen.message)


def wait_until_gone(daemon: Daemon, filters: Filters) -> None:
    """Until no task that the filters let through is left that has not ended."""
    pause = threading.Event()
    while any(task["Status"]["State"] in _STILL_THERE for task in daemon.get("/tasks", filters=filters)):
        pause.wait(_PAUSE_S)


def _watch(daemon: Daemon, service_id: str, show: Show) -> Seen:
    convergence, pause = Convergence(), threading.Event()
    filters = {"service": [service_id], "_up-to-date": ["true"]}
    while True:
        service = daemon.get(f"/services/{service_id}")
        tasks = daemon.get("/tasks", filters=filters)
        down = frozenset(node["ID"] for node in daemon.get("/nodes") if node["Status"]["State"] == "down")
        seen = convergence.look(service, tasks, down, time.monotonic())
        if seen.failure:
            raise DaemonError(seen.failure)
        show(seen)
        if seen.ended:
            return seen
        pause.wait(_PAUSE_S)


def _headlines(seen: Seen) -> list[str]:
    lines = [f"{seen.what}: {seen.done} out of {seen.wanted} tasks"]
    if seen.wait_s:
        lines.append(f"verify: Waiting {seen.wait_s} seconds to verify that tasks are stable...")
    return lines


def _plain_lines() -> Show:
    said: list[str] = []

    def show(seen: Seen) -> None:
        nonlocal said
        lines = _headlines(seen)
        for line in lines:
            if line not in said:
                print(line, flush=True)
        said = lines

    return show


def _bars(seen: Seen) -> Text:
    first, *rest = _headlines(seen)
    lines = [first]
    if len(seen.tasks) <= _MOST_BARS:
        lines += [f"{slot}: {state:<9} [{_bar(state)}]" for slot, state in seen.tasks.items()]
    return Text("\n".join([*lines, *rest]))


def _bar(state: str) -> str:
    length = round(_BAR_WIDTH * min(1.0, STATES.index(state) / STATES.index("running")))
    return f"{'=' * max(length - 1, 0)}>".ljust(_BAR_WIDTH)
