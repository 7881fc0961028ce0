"""References to images."""

import pytest

from core.manager.control.containers import check_container
from core.manager.control.refusal import Refusal
from core.objects.task import ContainerSpec


@pytest.mark.parametrize(
    "image",
    [
        "web",
        "web:1",
        "team/web_1.x--y:Tag_1.0",
        "localhost:5000/web",
        "registry.example/team/web:1@sha256:" + "0a" * 32,
        "web@sha256:" + "0a" * 32,
        "[2001:db8::1]:5000/web",
    ],
)
def test_an_image_is_named_by_host_repository_tag_and_digest(image: str) -> None:
    check_container(ContainerSpec(image))


@pytest.mark.parametrize("image", ["Web", "we b", "web:", ":1", "web@sha256:12", "team//web", "web:-1", "-web", "web/"])
def test_what_names_no_image_is_refused(image: str) -> None:
    with pytest.raises(Refusal, match="is not a valid repository/tag"):
        check_container(ContainerSpec(image))
