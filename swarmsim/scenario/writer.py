"""Writes a scenario as a file that `load` reads back as the same: for schedules that a program has found."""

import yaml

from swarmsim.scenario.expectation_language import write_expectation
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.plan_language import CLUSTER, write_images, write_traffic, write_writer
from swarmsim.scenario.stack_language import write_files
from swarmsim.scenario.step_language import write_step
from swarmsim.scenario.words import write_duration


def write(scenario: Scenario) -> str:
    """The scenario's YAML. Compose files are referred to as the scenario does, not written."""
    sections: dict[str, object] = {
        "name": scenario.name,
        "purpose": scenario.purpose,
        "cluster": CLUSTER.write(scenario.cluster),
        "images": write_images(scenario.images),
        "deploy": [{"stack": write_files(stack.name, stack.files)} for stack in scenario.deploy],
        "traffic": [write_traffic(traffic) for traffic in scenario.traffic],
        "writers": [write_writer(writer) for writer in scenario.writers],
        "timeline": [write_step(step) for step in scenario.timeline],
        "expect": [write_expectation(expectation.claim) for expectation in scenario.expect],
        "end": write_duration(scenario.end_ns),
    }
    return "".join(_section(key, written) for key, written in sections.items() if written or key == "name")


def _section(key: str, written: object) -> str:
    # One line per step reads as a story; yaml.safe_dump would spread each over several.
    if isinstance(written, list):
        return f"{key}:\n" + "".join(f"  - {_on_one_line(item)}\n" for item in written)
    if isinstance(written, dict):
        return f"{key}:\n" + "".join(f"  {_on_one_line({name: item})[1:-1]}\n" for name, item in written.items())
    return f"{key}: {_on_one_line([written])[1:-1]}\n"


def _on_one_line(written: object) -> str:
    return yaml.safe_dump(written, default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True).strip()
