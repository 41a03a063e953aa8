"""Who a stand-in WordPress lets in: one account with one application password."""

from base64 import b64decode
from dataclasses import dataclass
from hmac import compare_digest

from app.dev.wordpress_front import Reply

#: A stand-in's password is told to everybody.
PASSWORD = "abcd efgh ijkl mnop qrst uvwx"  # noqa: S105


@dataclass(frozen=True)
class Login:
    """The account of a stand-in."""

    username: str = "admin"
    password: str = PASSWORD

    def refusal(self, authorization: str) -> Reply | None:
        """A wrong password is refused everywhere, also where none is needed."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            username, _, password = b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
        if username != self.username:
            sentence = "<strong>Error:</strong> Unknown username. Check again or try your email."
            return error(401, "invalid_username", sentence)
        if not self.opens(username, password):
            sentence = "The provided password is an invalid application password."
            return error(401, "incorrect_password", sentence)
        return None

    def opens(self, username: str, password: str) -> bool:
        """Whether this is the account; spaces in the password do not count."""
        same = compare_digest(_letters(password), _letters(self.password))
        return username == self.username and same


def error(status: int, code: str, message: str) -> Reply:
    """An error in WordPress's form."""
    return Reply(status, {"code": code, "message": message, "data": {"status": status}})


def _letters(password: str) -> bytes:
    return "".join(c for c in password if c.isalnum()).encode()
