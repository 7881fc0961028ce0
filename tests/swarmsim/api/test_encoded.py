"""Texts of records that are kept: always those of the record that is asked for."""

import msgspec
import pytest
from msgspec.structs import replace

from core.codec.docker.kinds import Object
from core.codec.docker.service import ServiceCounts, encode_counts, encode_service
from core.ids import ServiceId
from core.objects import Service
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec
from swarmsim.api import encoded
from swarmsim.api.encoded import EncodedRecords


def service(name: str) -> Service:
    return Service(ServiceId(f"id-{name}"), ServiceSpec(name, TaskSpec(ContainerSpec("web:1"))), version=1)


class Counting:
    """How often a text was made."""

    def __init__(self) -> None:
        self.made_count = 0
        self.records = EncodedRecords(self.encode)

    def encode(self, of: Service) -> Object:
        self.made_count += 1
        return encode_service(of)


def test_a_text_is_made_once() -> None:
    counting, web = Counting(), service("web")
    assert [msgspec.json.decode(counting.records.of(web)) for _ in range(3)] == [encode_service(web)] * 3
    assert counting.made_count == 1


def test_a_record_that_took_the_place_of_another_has_its_own() -> None:
    counting, web = Counting(), service("web")
    counting.records.of(web)
    changed = replace(web, version=2)
    assert msgspec.json.decode(counting.records.of(changed)) == encode_service(changed)
    assert msgspec.json.decode(counting.records.of(web)) == encode_service(web), "as another host may still see it"


def test_what_stands_beside_is_added_and_not_kept() -> None:
    counting, web = Counting(), service("web")
    for counts in (ServiceCounts(1, 2), ServiceCounts(2, 2)):
        text = counting.records.of(web, encode_counts(counts))
        assert msgspec.json.decode(text) == encode_service(web, counts=counts)
    assert msgspec.json.decode(counting.records.of(web)) == encode_service(web)
    assert counting.made_count == 1


def test_no_more_are_kept_than_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "MOST", 2)
    counting = Counting()
    for name in ("a", "b", "c", "c", "b"):
        assert msgspec.json.decode(counting.records.of(service(name)))["Spec"]["Name"] == name
    assert counting.made_count == 5, "each is another record, though it says the same"
    assert len(counting.records._known) <= 2
