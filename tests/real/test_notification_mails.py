"""What WordPress itself makes of a form's mail: its own PHPMailer writes it, ours is to read it."""

import shutil
import subprocess
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest

from app.rules import notifications

MAILER = Path("/usr/share/wordpress/wp-includes/PHPMailer")
_CODE = """
require '{mailer}/PHPMailer.php'; require '{mailer}/Exception.php';
$mail = new PHPMailer\\PHPMailer\\PHPMailer(true);
$mail->CharSet = '{charset}'; $mail->Encoding = '{encoding}'; $mail->isHTML({html});
$mail->setFrom('wordpress@example.org', 'Grüße & mehr'); $mail->addAddress('owner@example.org');
$mail->addReplyTo('zoe@example.com', 'Zoë, "die Erste"');
$mail->Subject = 'New Entry: Kontakt für alle Fälle und noch ein paar Wörter mehr 花子';
$mail->Body = $argv[1]; $mail->AltBody = $argv[2];
if ({attached}) $mail->addStringAttachment("Email: file@example.com\\nName: File", 'a.txt');
$mail->preSend(); echo $mail->getSentMIMEMessage();
"""
_LABEL = '<tr><td class="field-name"><strong>{}</strong></td></tr>'
_VALUE = '<tr class="field-{}"><td class="field-value">{}</td></tr>'
_SAID = [
    ("Name", "Zoë Berg", "name"),
    ("E-Mail", "zoe@example.com", "email"),
    ("Nachricht", 'Tom & "Jerry"' + " ä" * 900, "textarea"),
]
_ROWS = "".join(_LABEL.format(one) + _VALUE.format(kind, escape(said)) for one, said, kind in _SAID)
_LINES = "".join(f"--- {label} ---\r\n\r\n{said}\r\n\r\n" for label, said, _ in _SAID)


@pytest.mark.parametrize("attached", ["true", "false"])
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("kind", ["html", "plain", "both"])
def test_what_phpmailer_writes(kind: str, encoding: str, attached: str) -> None:
    php = shutil.which("php")
    if php is None or not MAILER.is_dir():
        pytest.skip("this needs php and wordpress")
    code = _CODE.format(
        mailer=MAILER,
        charset="UTF-8",
        encoding=encoding,
        html="false" if kind == "plain" else "true",
        attached=attached,
    )
    body = _LINES if kind == "plain" else f"<table>{_ROWS}</table>"
    texts = [body, _LINES if kind == "both" else ""]
    command = [php, "-r", code, "--", *texts]
    done = subprocess.run(command, check=True, capture_output=True, timeout=100)
    mail = notifications.read(done.stdout, datetime.now(UTC))
    assert (mail.senders, mail.reply_to) == (("wordpress@example.org",), ("zoe@example.com",))
    told = notifications.notification(mail)
    assert told is not None
    assert told.form == "Kontakt für alle Fälle und noch ein paar Wörter mehr 花子"
    assert told.email == "zoe@example.com"
    assert [(entry.label, entry.value) for entry in told.entries] == [one[:2] for one in _SAID]
