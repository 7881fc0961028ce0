"""The shape of the packages: each says what lives in it, is typed, and has no file too long to read at one sitting."""

import ast
import importlib
import inspect
import pkgutil
from collections import deque
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import msgspec
import pytest
from repository import PACKAGES, ROOT, module_files, relative

LONGEST_FILE_LINES = 500
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}


def package_folders() -> list[Path]:
    """Every folder with Python files in it, in the four top-level packages."""
    return sorted({file.parent for file in module_files(*PACKAGES)})


def docstring(source: str) -> str:
    """A module's docstring, or nothing."""
    return ast.get_docstring(ast.parse(source)) or ""


def records(package: str) -> list[type[msgspec.Struct]]:
    """Every record class that the package's modules define."""
    root = importlib.import_module(package)
    names = [module.name for module in pkgutil.walk_packages(root.__path__, f"{package}.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    return [
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, msgspec.Struct) and member.__module__ == module.__name__
    ]


def mutable_parts(annotation: object) -> list[object]:
    """The mutable containers that a type mentions, at any depth, but for Docker's maps of text to text."""
    if annotation == dict[str, str]:
        return []  # labels and options: written as Docker has them, and never changed
    here = [annotation] if (get_origin(annotation) or annotation) in (list, dict, set, bytearray, deque) else []
    return here + [found for argument in get_args(annotation) for found in mutable_parts(argument)]


@pytest.mark.parametrize("folder", package_folders(), ids=relative)
def test_a_package_says_what_lives_there_and_what_never_may(folder: Path) -> None:
    text = docstring((folder / "__init__.py").read_text())
    assert text, "its __init__.py has no docstring"
    assert "Never here:" in text, "its docstring does not say what may never be there: `Never here: ...`"


@pytest.mark.parametrize("file", module_files(*PACKAGES), ids=relative)
def test_a_module_has_a_docstring_a_telling_name_and_a_readable_length(file: Path) -> None:
    source = file.read_text()
    assert docstring(source), "no docstring"
    assert not VAGUE_NAMES & {*file.relative_to(ROOT).with_suffix("").parts}, "its name does not say what lives there"
    assert len(source.splitlines()) <= LONGEST_FILE_LINES


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_the_records_of_the_core_are_immutable() -> None:
    found = records("core")
    assert found
    assert [record.__qualname__ for record in found if not record.__struct_config__.frozen] == []


def test_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_the_records_of_the_core_hold_nothing_that_can_change() -> None:
    mutable = [
        f"{record.__module__}.{record.__qualname__}.{name}: {annotation}"
        for record in records("core")
        for name, annotation in get_type_hints(record).items()
        if mutable_parts(annotation)
    ]
    assert not mutable, "\n".join(mutable)


def test_a_mutable_part_is_found_at_any_depth() -> None:
    assert mutable_parts(tuple[dict[str, int], ...] | None) == [dict[str, int]]
    assert mutable_parts(list[set[int]]) == [list[set[int]], set[int]]
    assert mutable_parts(tuple[str, ...] | frozenset[int] | dict[str, str]) == []
