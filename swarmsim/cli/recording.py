"""`swarmsim serve --record`: the story that is written, and what is said of it when all is over."""

from pathlib import Path
from typing import Final

import typer
from msgspec.structs import replace

from swarmsim.scenario.plan import Scenario
from swarmsim.serve.record.story import Saved, Story

HINT: Final = "--record"
_SHOWN: Final = 20
"""Things that the story does not say, when it is over; all of them are in the file."""


def story_in(file: Path, served: Scenario, served_from: Path | None) -> Story:
    """One that begins with a cluster and its stacks, of a scenario in `served_from`. Raises typer.BadParameter."""
    if file.exists():
        raise typer.BadParameter(f"{file} is there already; name a file that is not", param_hint=HINT)
    base = replace(
        served,
        name=file.stem,
        purpose="What was done to a cluster while swarmsim served it.",
        traffic=(),
        writers=(),
        timeline=(),
        expect=(),
        file=str(file),
        text="",
    )
    return Story(file, base, served_from)


def told_of(file: Path, saved: Saved) -> str:
    """What has come of it, in lines."""
    count, unsaid = saved.step_count, saved.unsaid
    lines = [f"recorded {count} step{'' if count == 1 else 's'}; play them again with: swarmsim run {file}"]
    if unsaid:
        lines.append(f"{len(unsaid)} more could not be said in a scenario, and stand there as comments:")
        lines.extend(f"  {text}" for text in unsaid[:_SHOWN])
    if len(unsaid) > _SHOWN:
        lines.append(f"  and {len(unsaid) - _SHOWN} more")
    return "\n".join(lines)
