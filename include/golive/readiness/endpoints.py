"""Whether what a third party switches to answers: it is connected to, as far as its declaration says how.

An `https://` address answers with a status below 500, a `tls://` one with a handshake and a certificate that
holds, and a bare `host:port` by taking a TCP connection. Nothing is sent but the request itself, and no
redirect is followed. Certificates are held against this machine's authorities, or those of SSL_CERT_FILE.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from golive.project.people import ThirdParty

# For each step of it: looking up the name is bounded by this machine's resolver alone.
SECONDS = 5.0
AT_ONCE = 8

# From here on a server says of itself that something is wrong; what it says below, it says because it is there.
_BROKEN = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether an endpoint answered, and how, in a few words: no value of an answer is among them."""

    answers: bool
    says: str


def tried(parties: Sequence[ThirdParty]) -> dict[str, Tried]:
    """Try the endpoint of every party that has one, several at once; by the party's login."""
    have = {party.login: party.endpoint for party in parties if party.endpoint}
    if not have:
        return {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(have, pool.map(answer_of, have.values()), strict=True))


def answer_of(endpoint: str) -> Tried:
    """Connect to one endpoint from this machine. Raises nothing for one that does not answer."""
    import httpx

    try:
        if endpoint.lower().startswith("https://"):
            return _status(endpoint)
        return _connection(endpoint)
    except (httpx.InvalidURL, UnicodeError):
        return Tried(False, "its name is none that a server can have")
    except (httpx.HTTPError, OSError) as error:
        return Tried(False, _why(error))


def _status(endpoint: str) -> Tried:
    import httpx

    with httpx.Client(timeout=SECONDS, follow_redirects=False) as client, client.stream("GET", endpoint) as response:
        status = response.status_code
    return Tried(status < _BROKEN, f"HTTP status {status}")


def _connection(endpoint: str) -> Tried:
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    with socket.create_connection((parts.hostname, parts.port), timeout=SECONDS) as plain:
        if not parts.scheme:
            return Tried(True, "it takes connections")
        with ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secured:
            return Tried(True, f"{secured.version()}, and its certificate holds")


def _why(error: BaseException) -> str:
    """What kept it from answering: the system's own error beneath, whichever library wrapped it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    match cause:
        case TimeoutError():
            return f"no answer within {SECONDS:.0f} s"
        case socket.gaierror():
            return "its name is not known here"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {cause.verify_message}"
        case ssl.SSLError():
            return "it does not speak TLS"
        case ConnectionRefusedError():
            return "it refuses connections"
        case OSError():
            return cause.strerror or type(cause).__name__
        case _:
            return f"what answers there does not speak HTTP ({type(error).__name__})"
