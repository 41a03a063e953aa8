"""Which addresses are talked to, and what the address of a site is."""

import pytest

from app.rules import network
from app.rules.network import BadUrl

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.1.1"),
    *("::1", "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1:0:0:80ff:fffe"),
]
NEVER = [
    *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"),
    *("0.0.0.0", "::", "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255"),
    *("64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"),
]


@pytest.mark.parametrize("ip", PUBLIC)
def test_the_public_network(ip: str) -> None:
    assert not network.is_private(ip)
    assert network.may_connect(ip, allow_private=False)
    assert not network.may_speak_plainly(ip, allow_http=False)
    assert network.may_speak_plainly(ip, allow_http=True)


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses(ip: str) -> None:
    assert network.is_private(ip)
    assert not network.may_connect(ip, allow_private=False)
    assert network.may_connect(ip, allow_private=True)
    assert network.may_speak_plainly(ip, allow_http=False)


@pytest.mark.parametrize("ip", NEVER)
def test_addresses_that_are_never_talked_to(ip: str) -> None:
    assert not network.may_connect(ip, allow_private=False)
    assert not network.may_connect(ip, allow_private=True)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.com", "https://example.com"),
        ("https://Example.COM/", "https://example.com"),
        ("  example.com ", "https://example.com"),
        ("example.com/blog/", "https://example.com/blog"),
        ("https://example.com/wp-admin/", "https://example.com"),
        ("https://example.com/blog/wp-login.php", "https://example.com/blog"),
        ("https://example.com/wp-json/wp/v2/users", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80/", "http://example.com"),
        ("https://example.com:8443//a//b/?x=1#y", "https://example.com:8443/a/b"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://example.com./", "https://example.com"),
        ("127.0.0.1:8088", "http://127.0.0.1:8088"),
        ("localhost:8080/wp", "http://localhost:8080/wp"),
        ("192.168.1.5", "http://192.168.1.5"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("HTTPS://example.com", "https://example.com"),
    ],
)
def test_addresses_of_sites_have_one_form(typed: str, url: str) -> None:
    assert network.site_url(typed) == url
    assert network.site_url(url) == url


@pytest.mark.parametrize(
    "typed",
    [
        *("", "   ", "https://", "https:///x", "ftp://example.com", "file:///etc/passwd"),
        *("javascript:alert(1)", "https://user:pw@example.com", "https://user@example.com"),
        *("https://example.com:99999", "https://example.com:0", "https://example.com:x"),
        *("https://exa mple.com", "https://example.com\r\nHost: x", "https://a..b", "https://[zz]"),
        *("https://" + "x" * 64 + ".com", "https://example.com\\@evil.example", "https://-_-!.com"),
        *("https://ex\x00ample.com", "https://[::1", "https://\ud800.com"),
    ],
    ids=repr,
)
def test_what_is_no_address_of_a_site(typed: str) -> None:
    with pytest.raises(BadUrl) as caught:
        network.site_url(typed)
    assert len(caught.value.sentence) > 10
