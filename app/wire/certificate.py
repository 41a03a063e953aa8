"""What a line's TLS says about the server."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Tls:
    """The protocol in use, and the certificate that was verified."""

    version: str
    cipher: str
    subject: str
    issuer: str
    expires_at: datetime | None


def of(found: ssl.SSLObject) -> Tls:
    """The facts of an established TLS connection."""
    certificate: dict[str, Any] = dict(found.getpeercert() or {})
    until = certificate.get("notAfter")
    cipher = found.cipher()
    return Tls(
        version=found.version() or "",
        cipher=cipher[0] if cipher else "",
        subject=_name(certificate.get("subject", ())) or _alternative(certificate),
        issuer=_name(certificate.get("issuer", ())),
        expires_at=datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if until else None,
    )


def _name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    values = {key: value for part in parts for key, value in part}
    return values.get("commonName") or values.get("organizationName") or ""


def _alternative(certificate: dict[str, Any]) -> str:
    names = certificate.get("subjectAltName", ())
    return str(names[0][1]) if names else ""
