"""Writes a scenario as a file that `load` reads back as the same: for schedules that a program has found."""

from collections.abc import Mapping, Sequence
from typing import Final

import yaml

from swarmsim.scenario.expectation_language import write_expectation
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.plan_language import CLUSTER, write_images, write_traffic, write_writer
from swarmsim.scenario.stack_language import write_files
from swarmsim.scenario.step_language import write_step
from swarmsim.scenario.steps import Step
from swarmsim.scenario.words import write_duration

TIMELINE: Final = "timeline"
ITEM: Final = "  - "
"""What each line of a list begins with."""
_NO_REMARKS: Final[Mapping[int, Sequence[str]]] = {}


def write(scenario: Scenario, remarks: Mapping[int, Sequence[str]] = _NO_REMARKS) -> str:
    """The scenario's YAML. Compose files are referred to as the scenario does, not written.

    `remarks` become comments before the step of that number, counted from 0, or after the last step.
    """
    sections: dict[str, object] = {
        "name": scenario.name,
        "purpose": scenario.purpose,
        "cluster": CLUSTER.write(scenario.cluster),
        "images": write_images(scenario.images),
        "deploy": [{"stack": write_files(stack.name, stack.files)} for stack in scenario.deploy],
        "traffic": [write_traffic(traffic) for traffic in scenario.traffic],
        "writers": [write_writer(writer) for writer in scenario.writers],
        TIMELINE: [write_step(step) for step in scenario.timeline],
        "expect": [write_expectation(expectation.claim) for expectation in scenario.expect],
        "end": write_duration(scenario.end_ns),
    }
    text = ""
    for key, written in sections.items():
        if key == TIMELINE and remarks:
            text += _timeline(list(scenario.timeline), remarks)
        elif written or key == "name":
            text += _section(key, written)
    return text


def _timeline(steps: list[Step], remarks: Mapping[int, Sequence[str]]) -> str:
    text = f"{TIMELINE}:{'' if steps else ' []'}\n"
    for number in range(len(steps) + 1):
        lines = (line for remark in remarks.get(number, ()) for line in remark.splitlines())
        text += "".join(f"  # {line}\n" for line in lines)
        if number < len(steps):
            text += f"{ITEM}{_on_one_line(write_step(steps[number]))}\n"
    return text


def _section(key: str, written: object) -> str:
    # One line per step reads as a story; yaml.safe_dump would spread each over several.
    if isinstance(written, list):
        return f"{key}:\n" + "".join(f"{ITEM}{_on_one_line(item)}\n" for item in written)
    if isinstance(written, dict):
        return f"{key}:\n" + "".join(f"  {_on_one_line({name: item})[1:-1]}\n" for name, item in written.items())
    return f"{key}: {_on_one_line([written])[1:-1]}\n"


def _on_one_line(written: object) -> str:
    return yaml.safe_dump(written, default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True).strip()
