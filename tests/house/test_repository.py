"""What git holds: nothing of one machine, no place to download from, dependencies explained and pinned, links that lead
somewhere, and documents that name only commands that exist."""

import re
from pathlib import Path

import pytest
from repository import ROOT, pyproject, relative, tracked_files

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w./>~-])/(?:work|root|home/\w+|Users/\w+|tmp)" + r"/")
PACKAGE_INDEX = re.compile(
    r"\b(?:" + "|".join(["pypi", "pythonhosted", "npmjs", "crates", "rubygems", "anaconda"]) + r")\.(?:org|io|com)\b"
)
PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[^\s=@]+")
MAKE_COMMAND = re.compile(r"\bmake ([a-z][a-z-]+)")
NAMED_FILE = re.compile(r"`((?:core|sim|real|swarmsim|tests|docs|benchmarks|scenarios)/[\w./-]+\.(?:py|md|yaml|yml))\b")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")

DOCUMENTS = sorted(file for file in tracked_files() if file.suffix == ".md" and "reports" not in file.parts)
PRESENT = [file for file in DOCUMENTS if file.name != "CHANGELOG.md"]
"""Those that tell how things are, not how they were."""


def text_files() -> list[Path]:
    """Tracked files that are text."""
    return [file for file in tracked_files() if b"\0" not in file.read_bytes()]


def shell_blocks(markdown: str) -> str:
    """The fenced blocks and the code spans of a page, where commands are."""
    return "\n".join(re.findall(r"```\w*\n(.*?)```", markdown, re.DOTALL) + re.findall(r"`([^`\n]+)`", markdown))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def dependency_names() -> list[str]:
    """Each distribution that pyproject.toml asks for, extras included."""
    project = pyproject()["project"]
    wanted = project["dependencies"] + [name for extra in project["optional-dependencies"].values() for name in extra]
    return sorted(re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in wanted)


def pins() -> list[str]:
    return [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, PACKAGE_INDEX], ids=["machine path", "package index"])
def test_no_tracked_file_names_one_machine_or_a_place_to_download_from(pattern: re.Pattern[str]) -> None:
    found = [
        f"{relative(file)}:{number}: {line.strip()[:100]}"
        for file in text_files()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (MACHINE_PATH, "cd /" + "work/main", True),
        (MACHINE_PATH, "log: /" + "tmp/x", True),
        (MACHINE_PATH, "see docs/" + "work" + "/plan", False),
        (MACHINE_PATH, "mounted at /run/secrets/db", False),
        (PACKAGE_INDEX, "--index-url https://" + "pypi" + ".org/simple", True),
        (PACKAGE_INDEX, "image: docker.io/library/redis", False),
    ],
)
def test_the_patterns_tell_the_two_apart(pattern: re.Pattern[str], text: str, matches: bool) -> None:
    assert bool(pattern.search(text)) is matches


def test_every_dependency_is_pinned_by_name_and_version_only() -> None:
    assert [pin for pin in pins() if not PINNED.fullmatch(pin)] == []
    pinned = {pin.partition("==")[0].lower() for pin in pins()}
    assert [name for name in dependency_names() if name.lower() not in pinned] == []


def test_every_dependency_has_its_line_in_the_documentation() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text().lower()
    assert [name for name in dependency_names() if f"`{name.lower()}`" not in page] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_a_document_names_only_targets_that_make_knows(document: Path) -> None:
    named = set(MAKE_COMMAND.findall(shell_blocks(document.read_text())))
    assert named <= make_targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_the_links_of_a_document_lead_somewhere(document: Path) -> None:
    broken = [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("document", PRESENT, ids=relative)
def test_the_files_that_a_document_names_exist(document: Path) -> None:
    missing = [name for name in NAMED_FILE.findall(document.read_text()) if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("name", ["machines", "decisions"])
def test_an_index_lists_every_page_of_its_folder(name: str) -> None:
    folder = ROOT / "docs" / name
    index = (folder / "README.md").read_text()
    assert [page.name for page in sorted(folder.glob("*.md")) if f"({page.name})" not in index] == ["README.md"]
