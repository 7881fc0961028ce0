"""No module needs one that needs it, however many lie between: each is read and changed after those below it."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest
from repository import PACKAGES


def circle_in(graph: grimp.ImportGraph) -> list[str]:
    """The modules of some circle of imports, those for types included; none if there is none."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_imports_of_a_package_have_no_circle(package: str) -> None:
    assert circle_in(grimp.build_graph(package, cache_dir=None)) == []


def test_a_circle_is_found_however_many_lie_between() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "a"), ("a", "d")):
        graph.add_import(importer=importer, imported=imported)
    assert sorted(set(circle_in(graph))) == ["a", "b", "c"]
