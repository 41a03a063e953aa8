"""What every face and every worker is handed: the database, the clock, the secrets, the policy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.db import Database
from app.rules.health.breaker import BreakerSettings
from app.rules.retention import Kept
from app.vault import Vault


@dataclass(frozen=True)
class Runtime:
    """One running pressferry.

    ``base_url``: how recipients reach it, no trailing slash. ``allow_http``: public sites may be
    on plain http. ``allow_private``: sites and relays may be at private or loopback addresses.
    ``largest_message``: how many bytes a message may have that is handed in.
    ``largest_upload``: how many bytes a file may have that somebody brings.
    ``kept_uploads``, ``kept_upload_bytes``: how much of such files a workspace may have at a time.
    ``guard_share``: a sync that would overwrite or close more of the known contacts is held.
    ``kept``: how long what is over is kept, where a workspace does not say otherwise.
    ``metrics_token``: what Prometheus must give, "" admits only this machine.
    ``poke``: tells the sender that there is something to do; never needed for correctness.
    """

    database: Database
    vault: Vault
    now: Callable[[], datetime]
    base_url: str
    allow_http: bool = False
    allow_private: bool = False
    guard_share: float = 0.3
    largest_message: int = 10_000_000
    largest_upload: int = 100_000_000
    kept_uploads: int = 100
    kept_upload_bytes: int = 1_000_000_000
    hello_name: str = ""
    metrics_token: str = ""
    kept: Kept = field(default_factory=Kept)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    poke: Callable[[], None] = lambda: None
