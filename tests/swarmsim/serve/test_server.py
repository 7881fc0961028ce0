"""One cluster per directory."""

import fcntl
from pathlib import Path

import pytest
from command_output import command

from swarmsim.serve.place import PlaceError
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
    with only_one_in(tmp_path):
        pass


def test_who_has_opened_the_lock_while_it_was_held_holds_what_others_see(tmp_path: Path) -> None:
    with only_one_in(tmp_path):
        (lock,) = tmp_path.iterdir()
        waiting = lock.open()
    with waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(PlaceError, match="another swarmsim serves from there"), only_one_in(tmp_path):
            pass
