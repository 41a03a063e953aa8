"""The page on which a stand-in's owner approves of a program, as WordPress has one.

The browser is sent back with an application password. Nobody has to log in first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urlencode

from app.dev.wordpress_front import Reply

PATH = "/wp-admin/authorize-application.php"
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>Authorize Application</title>
<h1>Authorize Application</h1>
<p>Would you like to give the application identifying itself as <strong>{name}</strong> access to
your account, <strong>{username}</strong>?</p>
<form method="post">
<button name="approve" value="1">Yes, I approve of this connection</button>
<button name="reject" value="1">No, I do not approve of this connection</button>
</form>"""


@dataclass(frozen=True)
class Approval:
    """Of the site at ``home``, where ``username`` approves."""

    home: str
    username: str
    password: str

    def answer(self, method: str, query: Mapping[str, str], body: bytes) -> Reply:
        """The page; after a button was pressed, the way back to who asked."""
        name = query.get("app_name", "")
        if not name:
            return Reply(400, "Application name is required.")
        if method != "POST":
            page = _PAGE.format(name=escape(name), username=escape(self.username))
            return Reply(200, page)
        success = query.get("success_url", "")
        if "approve" not in parse_qs(body.decode("utf-8", "replace")):
            no = _with(success, success="false") if success else self.home
            return Reply(302, "", {"Location": query.get("reject_url") or no})
        password = self.password.replace(" ", "")
        if not success:
            return Reply(200, f"Your new password for {escape(name)}: <code>{password}</code>")
        told = {"site_url": self.home, "user_login": self.username, "password": password}
        return Reply(302, "", {"Location": _with(success, **told)})


def _with(url: str, **more: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"
