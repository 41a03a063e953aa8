"""A relay is asked whether it works, and told nothing that it should not know."""

import asyncio
from dataclasses import replace
from pathlib import Path

from app.providers.presets import CUSTOM
from app.providers.report import CheckReport, SendReport
from app.providers.smtp import provider
from app.wire.conversation import Parcel
from app.wire.opening import Endpoint
from tests.wire import certificates
from tests.wire.scripted import PLAIN, relay
from tests.wire.servers import PASSWORD, USERNAME, smtp_server

PARCEL = Parcel(0, "a@b.example", "c@d.example", b"Subject: hi\r\n\r\nhello\r\n")


def endpoint(port: int, **more: object) -> Endpoint:
    found = Endpoint("127.0.0.1", port, "none", "", "", hello_name="t.example", connect_seconds=5)
    return replace(found, **more)  # type: ignore[arg-type]


def check(where: Endpoint) -> CheckReport:
    return asyncio.run(provider.check(where, CUSTOM))


def send(where: Endpoint) -> SendReport:
    return asyncio.run(provider.send(where, CUSTOM, PARCEL))


def test_a_check_says_what_the_server_offers(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    with smtp_server(starttls=made.server, enable_SMTPUTF8=True, data_size_limit=12345) as server:
        report = check(
            endpoint(
                server.port,
                encryption="tls",
                tls_trusted=made.trusted,
                username=USERNAME,
                password=PASSWORD,
            )
        )
        assert server.envelopes == []
    assert report.ok
    assert report.offers is not None
    assert (report.offers.pipelining, report.offers.size) == (True, 12345)
    assert (report.offers.eight_bit_mime, report.offers.smtputf8) == (True, True)
    assert {"PLAIN", "LOGIN"} <= set(report.offers.auth)
    assert "PIPELINING" in report.offers.extensions
    assert report.certificate is not None
    assert report.certificate.subject == "127.0.0.1"
    assert report.certificate.expires_at is not None
    assert report.certificate.tls.startswith("TLSv1")
    assert all(step.milliseconds >= 0 for step in report.steps)
    assert PASSWORD not in repr(report)


def test_a_check_without_tls_has_no_certificate() -> None:
    with smtp_server() as server:
        report = check(endpoint(server.port))
    assert report.ok
    assert report.certificate is None


def test_a_failed_check_says_where_and_how_to_mend_it(tmp_path: Path) -> None:
    made = certificates.made(tmp_path)
    with smtp_server(starttls=made.server) as server:
        report = check(
            endpoint(
                server.port,
                encryption="tls",
                tls_trusted=made.trusted,
                username=USERNAME,
                password="guessed",
            )
        )
    assert not report.ok
    assert report.fault is not None
    assert (report.fault.phase, report.fault.code) == ("auth", 535)
    assert "enter both again" in report.fault.mend
    assert [step.phase for step in report.steps][-1] == "ehlo"
    assert "guessed" not in repr(report)


def test_a_mail_goes_out_and_its_conversation_is_told() -> None:
    with smtp_server(auth_require_tls=False) as server:
        report = send(endpoint(server.port, username=USERNAME, password=PASSWORD))
        [envelope] = server.envelopes
    assert report.ok
    assert (report.reply.phase, report.reply.code) == ("final_dot", 250)
    assert envelope.rcpt_tos == ["c@d.example"]
    log = "\n".join(report.log)
    assert "> MAIL FROM:<a@b.example>" in log
    assert "< 250 2.0.0 taken" in log
    assert "> QUIT" in log
    assert "hello" not in log
    assert PASSWORD not in log


def test_a_refused_mail_quotes_the_server() -> None:
    with smtp_server() as server:
        server.refuse["DATA"] = "554 5.7.1 this sender is not verified"
        report = send(endpoint(server.port))
    assert not report.ok
    assert report.fault is not None
    assert (report.fault.phase, report.fault.code) == ("final_dot", 554)
    assert "From" in report.fault.mend


def test_a_mail_without_an_answer_is_not_called_sent() -> None:
    async def run() -> SendReport:
        script = "C: MAIL\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nbody\nwait"
        async with relay(PLAIN + script) as found:
            return await provider.send(found.endpoint, CUSTOM, PARCEL)

    report = asyncio.run(run())
    assert not report.ok
    assert (report.reply.phase, report.reply.code) == ("final_dot", None)
    assert report.fault is not None
    assert "arrived" in report.fault.mend


def test_a_line_that_never_opened_is_told_too() -> None:
    with smtp_server() as server:
        pass
    report = send(endpoint(server.port))
    assert (report.reply.phase, report.reply.code) == ("connect", None)
    assert report.log[-1].startswith("! connect: no answer")
