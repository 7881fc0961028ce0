"""Files of certificates as docker names them, and a port to show them at."""

import socket
from pathlib import Path

import trustme

from swarmsim.serve.place import LOOPBACK
from swarmsim.serve.tls import Certificates


def written(directory: Path, authority: trustme.CA, signed_by: trustme.CA, name: str = LOOPBACK) -> Certificates:
    """Of somebody who believes one authority, and has a certificate from the same or another one."""
    directory.mkdir(parents=True, exist_ok=True)
    certificate = signed_by.issue_cert(name)
    authority.cert_pem.write_to_path(directory / "ca.pem")
    certificate.cert_chain_pems[0].write_to_path(directory / "cert.pem")
    certificate.private_key_pem.write_to_path(directory / "key.pem")
    return Certificates(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")


def free_port() -> int:
    """At which nobody listens just now."""
    with socket.socket() as trial:
        trial.bind((LOOPBACK, 0))
        return int(trial.getsockname()[1])
