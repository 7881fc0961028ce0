"""Ports that are served over TLS: nobody is heard who has no certificate of the right authority."""

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest
import trustme
from certificates import free_port, written
from command_output import command
from served import PATIENCE_S, Served, bare, served

from swarmsim.serve.place import LOOPBACK, PlaceError
from swarmsim.serve.tls import CERTIFICATES_VARIABLE, Certificates, default_certificates, mutual_tls

OURS = trustme.CA()
ANOTHER = trustme.CA()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("t")
    with served(directory, bare(1), free_port(), mutual_tls(written(directory, OURS, OURS))) as cluster:
        yield cluster


def asked(cluster: Served, signed_by: trustme.CA | None, believes: trustme.CA = OURS) -> int:
    """The status of an answer; OSError if there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    believes.configure_trust(context)
    if signed_by is not None:
        signed_by.issue_cert("client@swarmsim.test").configure_cert(context)
    connection = HTTPSConnection(LOOPBACK, cluster.places["m1"].port, timeout=PATIENCE_S, context=context)
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_client_with_a_certificate_of_the_authority_is_answered(cluster: Served) -> None:
    assert asked(cluster, OURS) == 200


@pytest.mark.parametrize("signed_by", [None, ANOTHER], ids=["none", "of another authority"])
def test_a_client_with_a_wrong_certificate_is_not(cluster: Served, signed_by: trustme.CA | None) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        asked(cluster, signed_by)
    assert asked(cluster, OURS) == 200, "and nobody else is disturbed"


def test_a_client_knows_that_it_is_the_right_server(cluster: Served) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(cluster, OURS, believes=ANOTHER)


def test_a_client_without_tls_is_not_answered(cluster: Served) -> None:
    with socket.create_connection((LOOPBACK, cluster.places["m1"].port), PATIENCE_S) as plain:
        plain.sendall(b"GET /_ping HTTP/1.1\r\nHost: m1\r\n\r\n")
        try:
            answer = plain.recv(1024)
        except ConnectionError:
            answer = b""
    assert not answer.startswith(b"HTTP")


def test_files_are_looked_for_where_docker_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CERTIFICATES_VARIABLE, str(tmp_path))
    assert default_certificates() == Certificates(tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    monkeypatch.delenv(CERTIFICATES_VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_certificates().key == tmp_path / ".docker" / "key.pem"


def test_files_that_will_not_do_are_named(tmp_path: Path) -> None:
    files = written(tmp_path, OURS, OURS)
    other_key = tmp_path / "other.pem"
    OURS.issue_cert(LOOPBACK).private_key_pem.write_to_path(other_key)
    with pytest.raises(PlaceError, match="is no certificate of the key"):
        mutual_tls(Certificates(files.authority, files.certificate, other_key))
    with pytest.raises(PlaceError, match=r"nowhere\.pem: cannot be read; name the file with --tlscacert"):
        mutual_tls(Certificates(tmp_path / "nowhere.pem", files.certificate, files.key))
    with pytest.raises(PlaceError, match=r"key\.pem: holds no certificates"):
        mutual_tls(Certificates(files.key, files.certificate, files.key))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--tlsverify"], "name --tcp-base"),
        (["--tcp-base", "20000", "--tlscert", "cert.pem"], "with --tlsverify alone"),
        (["--tcp-base", "20000", "--tlsverify", "--tlscacert", "nowhere.pem"], "nowhere.pem: cannot be read"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], complaint: str, tmp_path: Path) -> None:
    ended = command("serve", "--bare", "1", "--socket-dir", str(tmp_path), *options)
    assert ended.code == 2
    assert complaint in " ".join(ended.err.replace("│", " ").split())
