"""What the demo counts."""

from smtplib import SMTP

from app.dev.demo.stage import OWNER, Stage


def test_alerts_to_the_owner_are_no_mails_of_the_campaign() -> None:
    stage = Stage()
    try:
        inbox = stage.inboxes[1]
        stage.site.start()
        inbox.start()
        with SMTP("127.0.0.1", inbox.smtp_port) as line:
            for to in (OWNER, "ann@example.com"):
                line.sendmail("news@example.com", [to], f"To: {to}\r\n\r\nAhoy\r\n")
        assert [[mail.to for mail in mails] for mails in stage.mails()] == [
            [],
            [["ann@example.com"]],
        ]
    finally:
        stage.__exit__(None, None, None)
