"""TLS, and the way a WordPress site's SMTP plugin (PHPMailer) talks."""

import base64
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.submission.counter import MAIL, Counter

Counters = Callable[..., Counter]
#: STARTTLS replaces the stream of a connection; the old one may be cleared away after its loop.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_as_phpmailer_does_it(counter: Counters, certificate: Path) -> None:
    """EHLO, STARTTLS, EHLO again, AUTH LOGIN, the mail, RSET, another one."""
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate)
    one = counter(tls=ours)
    theirs = ssl.create_default_context(cafile=str(certificate))
    with one.client(login=False) as client:
        client.ehlo("shop.example.com")
        assert client.has_extn("starttls")
        assert client.starttls(context=theirs)[0] == 220
        client.ehlo("shop.example.com")
        assert not client.has_extn("starttls")
        assert client.docmd("AUTH", "LOGIN")[0] == 334
        assert client.docmd(base64.b64encode(b"apikey").decode())[0] == 334
        assert client.docmd(base64.b64encode(one.key.encode()).decode())[0] == 235
        for _ in range(2):
            assert client.docmd("MAIL", "FROM:<wordpress@shop.example.com>")[0] == 250
            assert client.docmd("RCPT", "TO:<jane@example.com>")[0] == 250
            assert client.docmd("DATA")[0] == 354
            client.send(MAIL + b"..\r\n")
            assert client.docmd(".")[0] == 250
            assert client.rset()[0] == 250
    mails = one.mails()
    assert len(mails) == 2
    for mail in mails:
        assert b"with ESMTPSA;" in mail
        assert mail.endswith(MAIL + b".\r\n")
