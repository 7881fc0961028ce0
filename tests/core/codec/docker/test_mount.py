"""Mounts: Docker's options by type, and the words for them."""

from typing import Any

import pytest

from core.codec.docker.mount import MOUNTS
from core.document import Value
from core.mistakes import DocumentError
from core.objects.task import Mount

EACH: list[tuple[Mount, dict[str, Any]]] = [
    (
        Mount("bind", "/b", "/a", read_only=True, options={"consistency": "cached", "bind-propagation": "rslave"}),
        {
            "Type": "bind",
            "Source": "/a",
            "Target": "/b",
            "ReadOnly": True,
            "Consistency": "cached",
            "BindOptions": {"Propagation": "rslave"},
        },
    ),
    (
        Mount(
            "volume",
            "/v",
            "data",
            options={
                "volume-nocopy": "true",
                "volume-subpath": "sub",
                "volume-driver": "nfs",
                "volume-opt.o": "rw",
                "volume-label.a.b": "c",
            },
        ),
        {
            "Type": "volume",
            "Source": "data",
            "Target": "/v",
            "VolumeOptions": {
                "NoCopy": True,
                "Labels": {"a.b": "c"},
                "Subpath": "sub",
                "DriverConfig": {"Name": "nfs", "Options": {"o": "rw"}},
            },
        },
    ),
    (
        Mount(
            "tmpfs",
            "/t",
            options={"tmpfs-size": "1048576", "tmpfs-mode": "1777", "tmpfs-uid": "5", "tmpfs-noexec": ""},
        ),
        {
            "Type": "tmpfs",
            "Target": "/t",
            "TmpfsOptions": {"SizeBytes": 1048576, "Mode": 1023, "Options": [["uid", "5"], ["noexec"]]},
        },
    ),
    (
        Mount("image", "/i", "nginx:1", options={"image-subpath": "usr"}),
        {"Type": "image", "Source": "nginx:1", "Target": "/i", "ImageOptions": {"Subpath": "usr"}},
    ),
    (Mount("npipe", "p", "q"), {"Type": "npipe", "Source": "q", "Target": "p"}),
]


def read(body: object) -> Mount:
    (mount,) = MOUNTS.read(Value("Mounts", [body]))
    return mount


@pytest.mark.parametrize(("mount", "body"), EACH, ids=[mount.kind for mount, _ in EACH])
def test_each_type(mount: Mount, body: object) -> None:
    assert read(body) == mount
    assert MOUNTS.write((mount,)) == [body]


def test_that_mounts_have_no_effect_is_told_once_for_all_of_them() -> None:
    assert list(MOUNTS.kept((Mount("bind", "/a"), Mount("tmpfs", "/b")))) == [""]
    assert list(MOUNTS.kept(())) == []


def test_options_without_a_word_are_kept_beside_those_with_one() -> None:
    options = {"Propagation": "private", "NonRecursive": True, "ReadOnlyForceRecursive": True}
    mount = read({"Target": "/b", "BindOptions": options})
    assert mount.options == {"bind-propagation": "private"}
    assert MOUNTS.write((mount,))[0]["BindOptions"] == options


def test_options_that_say_nothing_are_left_out() -> None:
    options: dict[str, object] = {"VolumeOptions": {"Labels": {}, "DriverConfig": {}}, "BindOptions": None}
    assert read({"Type": "volume", "Target": "/v", **options}) == Mount("volume", "/v")


def test_words_that_docker_has_no_place_or_no_number_for() -> None:
    options = {"colour": "red", "tmpfs-size": "half", "tmpfs-mode": "9"}
    assert MOUNTS.write((Mount("tmpfs", "/t", options=options),)) == [
        {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 0, "Mode": 0}}
    ]


def test_a_type_that_is_not_said_is_a_bind() -> None:
    assert read({"Type": "", "Source": "/a"}) == Mount("bind", "", "/a")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Type": "cluster"}, "Mounts[0].Type: 'cluster' is not possible here; there are bind, volume, tmpfs, npipe"),
        (
            {"TmpfsOptions": {"SizeBytes": "64m"}},
            "Mounts[0].TmpfsOptions.SizeBytes: expected a whole number, not '64m'",
        ),
        ({"TmpfsOptions": {"Options": [[]]}}, "Mounts[0].TmpfsOptions.Options[0]: expected the name of an option"),
        ({"VolumeOptions": {"NoCopy": "true"}}, "Mounts[0].VolumeOptions.NoCopy: expected true or false, not 'true'"),
        ({"VolumeOptions": 1}, "Mounts[0].VolumeOptions: expected a mapping, not 1"),
        (1, "Mounts[0]: expected a mapping, not 1"),
    ],
)
def test_a_bad_mount_is_refused_by_the_path_of_what_is_wrong(body: object, message: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(body)
    assert str(refused.value).startswith(message)
