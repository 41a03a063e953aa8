"""Pages for people without a key: what runs here, and the way out of every mail."""

from app.public.pages import blueprint

__all__ = ["blueprint"]
