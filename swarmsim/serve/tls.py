"""TLS for the ports that hosts are served at, as dockerd does it: both sides show certificates of one authority."""

import os
import ssl
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarmsim.serve.place import PlaceError

CERTIFICATES_VARIABLE: Final = "DOCKER_CERT_PATH"
"""Where docker, and so we, look for them if nothing is said."""


class Certificates(Struct, frozen=True):
    """Files in PEM: of the authority that clients' certificates must be from, and our own with its key."""

    authority: Path
    certificate: Path
    key: Path


def default_certificates() -> Certificates:
    """By docker's names, in docker's directory."""
    named = os.environ.get(CERTIFICATES_VARIABLE)
    directory = Path(named) if named else Path.home() / ".docker"
    return Certificates(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")


def mutual_tls(files: Certificates) -> ssl.SSLContext:
    """A server's, that lets in clients with a certificate only. Raises PlaceError for what cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    for file in (files.authority, files.certificate, files.key):
        if not os.access(file, os.R_OK):
            raise PlaceError(f"{file}: cannot be read; name the file with --tlscacert, --tlscert or --tlskey")
    try:
        context.load_verify_locations(files.authority)
    except ssl.SSLError as error:
        raise PlaceError(f"{files.authority}: holds no certificates: {error.reason}") from None
    try:
        context.load_cert_chain(files.certificate, files.key)
    except ssl.SSLError as error:
        raise PlaceError(f"{files.certificate}: is no certificate of the key {files.key}: {error.reason}") from None
    return context
