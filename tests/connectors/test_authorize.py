"""Where WordPress sends a password, and where an approval comes from."""

import pytest

from wp_bridge import authorize


@pytest.mark.parametrize(
    ("site", "base", "goes"),
    [
        ("https://shop.example.com", "https://mail.example.com", True),
        ("https://shop.example.com", "http://127.0.0.1:8080", True),
        ("https://shop.example.com", "http://[::1]:8080", True),
        ("https://shop.example.com", "http://mail.example.com", False),
        ("http://localhost:8081", "http://mail.example.com", True),
    ],
)
def test_where_a_site_sends_a_password(site: str, base: str, goes: bool) -> None:
    assert (authorize.may_return(site, base) == "") is goes


@pytest.mark.parametrize(
    ("site", "approved_at", "same"),
    [
        ("https://shop.example.com", "https://shop.example.com", True),
        ("https://www.example.com", "https://example.com/wp", True),
        ("https://example.com", "http://EXAMPLE.com", True),
        ("https://example.com", "https://example.com.evil.org", False),
        ("https://example.com", "not an address", False),
    ],
)
def test_where_an_approval_comes_from(site: str, approved_at: str, same: bool) -> None:
    assert authorize.is_at(site, approved_at) is same
