"""A node as `inspect --pretty` shows it."""

from collections.abc import Iterator

from swarmsim.cli.docker.ages import clock_words
from swarmsim.cli.docker.amounts import size_words
from swarmsim.cli.docker.client import Json
from swarmsim.cli.docker.label_lines import label_lines


def node_details(node: Json) -> str:
    """All that people ask of it."""
    return "\n".join(_lines(node))


def _lines(node: Json) -> Iterator[str]:
    spec, status, description = node["Spec"], node["Status"], node["Description"]
    yield f"ID:\t\t\t{node['ID']}"
    if spec.get("Name"):
        yield f"Name:\t\t\t{spec['Name']}"
    yield from label_lines(spec.get("Labels"))
    yield f"Hostname:              \t{description['Hostname']}"
    yield f"Joined at:             \t{clock_words(node['CreatedAt'])}"
    yield "Status:"
    yield f" State:\t\t\t{status['State'].capitalize()}"
    if status.get("Message"):
        yield f" Message:              \t{status['Message'].capitalize()}"
    yield f" Availability:         \t{spec['Availability'].capitalize()}"
    if status.get("Addr"):
        yield f" Address:\t\t{status['Addr']}"
    if manager := node.get("ManagerStatus"):
        yield "Manager Status:"
        yield f" Address:\t\t{manager['Addr']}"
        yield f" Raft Status:\t\t{manager['Reachability'].capitalize()}"
        yield f" Leader:\t\t{'Yes' if manager.get('Leader') else 'No'}"
    yield "Platform:"
    yield f" Operating System:\t{description['Platform']['OS']}"
    yield f" Architecture:\t\t{description['Platform']['Architecture']}"
    yield "Resources:"
    yield f" CPUs:\t\t\t{description['Resources'].get('NanoCPUs', 0) // 1_000_000_000}"
    yield f" Memory:\t\t{size_words(description['Resources'].get('MemoryBytes', 0))}"
    engine = description.get("Engine", {})
    if engine.get("Plugins"):
        yield "Plugins:"
        kinds = sorted({plugin["Type"] for plugin in engine["Plugins"]})
        for kind in kinds:
            yield f" {kind}:\t\t{', '.join(plugin['Name'] for plugin in engine['Plugins'] if plugin['Type'] == kind)}"
    yield f"Engine Version:\t\t{engine.get('EngineVersion', '')}"
    yield from label_lines(engine.get("Labels"), "Engine Labels:")
