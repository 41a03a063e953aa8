"""What comes back to the return paths of relays, read from mailboxes of the workspace."""

from app.sending.mailboxes.hearing import can_hear, heard_relays

__all__ = ["can_hear", "heard_relays"]
