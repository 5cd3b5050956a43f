"""Servers of third parties on this machine: some answer, some do not, and one has a certificate."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


def certificate(folder: Path) -> Path:
    """A file with a certificate for HOST, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@contextmanager
def answering(file: Path) -> Iterator[int]:
    """The port of an HTTPS server with this certificate; a path of three digits is the status of its answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = int(self.path.strip("/") or 200)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/503")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer((HOST, 0), Answer) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def speaking(words: bytes) -> Iterator[int]:
    """The port of a server that says the same to whoever connects, whatever they say."""
    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=_speak, args=(listening, words))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            # The one who waits for a connection gets a last one.
            socket.create_connection(listening.getsockname()).close()
            thread.join()


def _speak(listening: socket.socket, words: bytes) -> None:
    open_, _ = listening.accept()
    with open_:
        open_.recv(4096)
        open_.sendall(words)
    listening.accept()[0].close()


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server to which one can connect, and which says nothing."""
    with socket.create_server((HOST, 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def refusing() -> Iterator[int]:
    """A port that nobody else has, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]
