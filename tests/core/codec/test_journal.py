"""What a journal still tells after truncation, decay and torn writes: where torn ends and corrupt begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import journal
from core.codec.journal import Damage, Scan, frame, scan
from core.durability import Verdict, judge

payload_lists = st.lists(st.binary(max_size=40), max_size=6)
filled_payload_lists = st.lists(st.binary(max_size=40), min_size=1, max_size=6)

DAMAGE_OF = {Verdict.INTACT: Damage.NONE, Verdict.TORN: Damage.TORN, Verdict.CORRUPT: Damage.CORRUPT}


def written(payloads: list[bytes]) -> tuple[bytes, list[int]]:
    """A journal of these payloads, and the offset at which each frame starts, with the total length at the end."""
    data, offsets = b"", [0]
    for payload in payloads:
        data += frame(payload, len(data))
        offsets.append(len(data))
    return data, offsets


def flipped(data: bytes, position: int, bit: int) -> bytes:
    return data[:position] + bytes([data[position] ^ (1 << bit)]) + data[position + 1 :]


@given(payload_lists)
def test_what_was_written_is_read(payloads: list[bytes]) -> None:
    data, _ = written(payloads)
    assert scan(data, len(data)) == Scan(tuple(payloads), len(data), Damage.NONE)


@given(filled_payload_lists, st.data())
def test_a_cut_in_the_last_frame_is_torn_and_loses_only_that_frame(payloads: list[bytes], data: st.DataObject) -> None:
    whole, offsets = written(payloads)
    cut = data.draw(st.integers(offsets[-2] + 1, offsets[-1] - 1))
    assert scan(whole[:cut], offsets[-2]) == Scan(tuple(payloads[:-1]), offsets[-2], Damage.TORN)


@given(filled_payload_lists, st.data())
def test_a_flipped_bit_in_the_last_frame_is_torn_above_the_mark_and_corrupt_below(
    payloads: list[bytes], data: st.DataObject
) -> None:
    whole, offsets = written(payloads)
    bad = flipped(whole, data.draw(st.integers(offsets[-2], offsets[-1] - 1)), data.draw(st.integers(0, 7)))
    assert scan(bad, offsets[-2]) == Scan(tuple(payloads[:-1]), offsets[-2], Damage.TORN)
    assert scan(bad, offsets[-1]) == Scan(tuple(payloads[:-1]), offsets[-2], Damage.CORRUPT)


@given(st.lists(st.binary(max_size=40), min_size=2, max_size=6), st.data())
def test_a_bad_frame_followed_by_a_valid_one_is_corrupt_without_any_mark(
    payloads: list[bytes], data: st.DataObject
) -> None:
    whole, offsets = written(payloads)
    victim = data.draw(st.integers(0, len(payloads) - 2))
    position = data.draw(st.integers(offsets[victim], offsets[victim + 1] - 1))
    found = scan(flipped(whole, position, data.draw(st.integers(0, 7))), 0)
    readable = payloads[:victim] + payloads[victim + 1 :]
    assert found == Scan(tuple(readable), offsets[victim], Damage.CORRUPT)


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=8), st.integers(0, 9), st.data())
def test_the_rule_is_the_one_that_simulated_disks_go_by(
    frames: list[tuple[bytes, bool]], synced_count: int, data: st.DataObject
) -> None:
    """`core.durability.judge` over records, `scan` over bytes: the same verdict on any damage, the same part kept."""
    whole, offsets = written([payload for payload, _ in frames])
    for number, (_, readable) in enumerate(frames):
        if not readable:
            position = data.draw(st.integers(offsets[number], offsets[number + 1] - 1))
            whole = flipped(whole, position, data.draw(st.integers(0, 7)))
    verdict, kept_count = judge([readable for _, readable in frames], synced_count)
    mark = offsets[synced_count] if synced_count < len(offsets) else len(whole) + 1
    found = scan(whole, mark)
    assert (found.damage, found.valid_length) == (DAMAGE_OF[verdict], offsets[kept_count])
    believed = frames if verdict is Verdict.CORRUPT else frames[:kept_count]
    assert found.payloads == tuple(payload for payload, readable in believed if readable)


@given(filled_payload_lists)
def test_a_journal_shorter_than_its_mark_is_corrupt(payloads: list[bytes]) -> None:
    whole, offsets = written(payloads)
    assert scan(whole[: offsets[-2]], len(whole)).damage is Damage.CORRUPT
    assert scan(b"", len(whole)).damage is Damage.CORRUPT


@given(payload_lists, st.integers(1, 100))
def test_a_tail_of_zeros_is_torn(payloads: list[bytes], count: int) -> None:
    whole, _ = written(payloads)
    assert scan(whole + bytes(count), len(whole)) == Scan(tuple(payloads), len(whole), Damage.TORN)


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_bytes_make_scan_fail(garbage: bytes, sync_mark: int) -> None:
    found = scan(garbage, sync_mark)
    assert 0 <= found.valid_length <= len(garbage)


def test_a_frame_at_another_place_than_it_was_written_for_is_not_valid() -> None:
    first, second = frame(b"first", 0), frame(b"second", 1_000)
    assert scan(first + second, 0) == Scan((b"first",), len(first), Damage.TORN)


def test_a_payload_that_looks_like_a_frame_does_not_turn_a_torn_write_into_corruption() -> None:
    whole = frame(frame(b"nested", 0) + b"tail", 0)
    assert scan(whole[:-1], 0).damage is Damage.TORN


def test_a_payload_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_PAYLOAD_BYTES", 3)
    with pytest.raises(ValueError, match="over the limit of 3"):
        frame(b"four", 0)
