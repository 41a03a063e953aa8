"""What comes back as mail: reports of relays, complaints, and what is neither."""

from app.rules.replies.returned.fates import Said, said
from app.rules.replies.returned.mail import Fate, Nature, Returned
from app.rules.replies.returned.reading import read

__all__ = ["Fate", "Nature", "Returned", "Said", "read", "said"]
