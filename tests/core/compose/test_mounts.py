"""Mounts in all their forms."""

import pytest
from compose_stacks import service_of

from core.objects.task import (
    Mount,
)

LABELLED = {"volume-label.com.docker.stack.namespace": "shop"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("data:/var/lib/data", Mount("volume", "/var/lib/data", "shop_data", options=LABELLED)),
        ("/cache", Mount("volume", "/cache")),
        ("./conf:/etc/conf:ro", Mount("bind", "/etc/conf", "/srv/shop/conf", read_only=True)),
        ("../up:/up:rshared", Mount("bind", "/up", "/srv/up", options={"bind-propagation": "rshared"})),
        ("~/x:/x:z", Mount("bind", "/x", "/people/me/x")),
        (
            {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "64m"}},
            Mount("tmpfs", "/t", options={"tmpfs-size": "67108864"}),
        ),
        (
            {"type": "bind", "source": "/a", "target": "/b", "read_only": True, "bind": {"propagation": "slave"}},
            Mount("bind", "/b", "/a", True, {"bind-propagation": "slave"}),
        ),
        (
            {"type": "volume", "target": "/v", "volume": {"nocopy": True}},
            Mount("volume", "/v", "", False, {"volume-nocopy": "true"}),
        ),
    ],
)
def test_mounts(written: object, meant: Mount) -> None:
    service = service_of({"image": "web", "volumes": [written]}, volumes={"data": None})
    [mount] = service.spec.task.container.mounts
    assert mount == meant


def test_a_declared_volume_hands_its_driver_and_labels_to_the_mount() -> None:
    service = service_of(
        {"image": "web", "volumes": ["data:/d:nocopy"], "tmpfs": "/run:size=1m,mode=1777"},
        volumes={"data": {"driver": "nfs", "driver_opts": {"share": "a"}, "labels": {"x": "y"}}},
    )
    data, run = service.spec.task.container.mounts
    assert data.options == {
        "volume-driver": "nfs",
        "volume-opt.share": "a",
        "volume-label.x": "y",
        "volume-label.com.docker.stack.namespace": "shop",
        "volume-nocopy": "true",
    }
    assert run == Mount("tmpfs", "/run", options={"tmpfs-size": "1048576", "tmpfs-mode": "1777"})


def test_an_external_volume_keeps_its_name() -> None:
    service = service_of({"image": "web", "volumes": ["data:/d"]}, volumes={"data": {"external": True, "name": "big"}})
    assert service.spec.task.container.mounts == (Mount("volume", "/d", "big"),)
