"""One cluster per directory."""

from pathlib import Path

import pytest
from command_output import command

from swarmsim.serve.server import only_one_in


def test_nobody_else_serves_from_a_directory_and_is_told_so_before_a_swarm_is_formed(tmp_path: Path) -> None:
    with only_one_in(tmp_path):
        ended = command("serve", "--socket-dir", str(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        f"error: {tmp_path}: another swarmsim serves from there; stop it, or name another --socket-dir"
    ]


def test_a_directory_is_free_again_whatever_ended_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="it failed"), only_one_in(tmp_path):
        raise RuntimeError("it failed")
    assert list(tmp_path.iterdir()) == []
    with only_one_in(tmp_path):
        pass
