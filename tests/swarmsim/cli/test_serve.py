"""What `swarmsim serve` makes of its command line before it serves anything."""

from pathlib import Path

import pytest
from command_line import Command

NO_PORTS = "there are no ports to secure"


@pytest.mark.parametrize("speed", ["10", "10x", "0.5", "max"])
def test_a_speed_is_a_factor_with_or_without_its_x(swarmsim: Command, speed: str) -> None:
    ended = swarmsim("serve", "--speed", speed, "--tlsverify")
    assert ended.code == 2
    assert NO_PORTS in ended.err, "which is looked at after the speed"


@pytest.mark.parametrize("speed", ["0", "-1", "10y", "fast", ""])
def test_what_is_no_speed_is_refused(swarmsim: Command, speed: str) -> None:
    ended = swarmsim("serve", "--speed", speed, "--tlsverify")
    assert (ended.code, NO_PORTS in ended.err) == (2, False)
    assert "is no speed; write it like 1x, 10x or max" in ended.err


def test_a_compose_file_is_told_what_it_is_for(swarmsim: Command) -> None:
    Path("shop.yml").write_text("services: {web: {image: nginx}}\n")
    ended = swarmsim("serve", "shop.yml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: shop.yml: this looks like a Compose file")
    assert "docker stack deploy -c shop.yml NAME" in ended.err
