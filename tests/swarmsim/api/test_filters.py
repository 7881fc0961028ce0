"""What lists are narrowed to."""

import pytest

from swarmsim.api.errors import ApiError
from swarmsim.api.filters import parse_filters

ALLOWED = ("name", "id", "label")


def test_without_filters_everything_passes() -> None:
    filters = parse_filters("", ALLOWED)
    assert filters.prefix("name", "web")
    assert filters.one_of("id", ("x",))
    assert filters.labels("label", {})


@pytest.mark.parametrize("text", ['{"name": {"we": true, "db": true}}', '{"name": ["we", "db"]}'])
def test_filters_are_maps_or_lists_and_any_of_several_values_will_do(text: str) -> None:
    filters = parse_filters(text, ALLOWED)
    assert filters.prefix("name", "web")
    assert filters.prefix("name", "db1")
    assert not filters.prefix("name", "cache")


def test_a_value_is_asked_for_whatever_it_is_set_to() -> None:
    assert not parse_filters('{"name": {"web": false}}', ALLOWED).prefix("name", "db")


def test_exact_values_are_no_prefixes() -> None:
    filters = parse_filters('{"id": ["abc"]}', ALLOWED)
    assert filters.one_of("id", ("abc",))
    assert not filters.one_of("id", ("abcd",))


def test_all_labels_must_be_there_with_their_values_if_any_are_named() -> None:
    filters = parse_filters('{"label": ["tier=front", "owned"]}', ALLOWED)
    assert filters.labels("label", {"tier": "front", "owned": ""})
    assert not filters.labels("label", {"tier": "front"})
    assert not filters.labels("label", {"tier": "back", "owned": "x"})


@pytest.mark.parametrize(("labels", "prunable"), [({}, True), ({"keep": "no"}, True), ({"keep": "yes"}, False)])
def test_labels_keep_what_has_them_from_being_pruned(labels: dict[str, str], prunable: bool) -> None:
    assert parse_filters('{"label!": ["keep=yes"]}', ("label!",)).prunable(labels) is prunable
    assert parse_filters("", ()).prunable(labels)


@pytest.mark.parametrize(
    ("words", "meant"), [("[]", None), ('["true"]', True), ('["1"]', True), ('["false"]', False), ('["0"]', False)]
)
def test_a_filter_may_be_true_or_false(words: str, meant: bool | None) -> None:
    assert parse_filters(f'{{"dangling": {words}}}', ("dangling",)).truth("dangling") is meant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"colour": ["red"]}', "invalid filter 'colour': use one of name, id, label"),
        ("[1", "invalid filter: "),
        ('{"name": 3}', "invalid filter: "),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_filters(text, ALLOWED)
    assert refused.value.status == 400
    assert refused.value.message.startswith(message)
