"""`pressferry dev wordpress --from DIR`: a site that answers as a recorded one did."""

import threading
from pathlib import Path

from app.dev.replay.recordings import load
from app.dev.replay.site import RecordedSite

__all__ = ["RecordedSite", "load", "main"]


def main(folder: Path, port: int = 0) -> None:
    """Serves what was recorded until Ctrl-C, and says how to get in."""
    site = RecordedSite(load(folder), port=port).start()
    print(f"Recorded WordPress: {site.url}")
    print(f"  user name             {site.username}")
    print(f"  application password  {site.password}")
    print(f"  keys of the shop      {site.keys.key}  {site.keys.secret}")
    for route, count in site.counts().items():
        print(f"  {count:5} rows at hand     {route}")
    print("Ctrl-C ends it.", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        site.stop()
