"""The mails in which form plugins tell a site's owner what somebody sent: read as its fields."""

from app.rules.notifications.entries import Entry
from app.rules.notifications.mail import Mail, read
from app.rules.notifications.reading import Notification, notification
from app.rules.notifications.trust import Door, objection

__all__ = ["Door", "Entry", "Mail", "Notification", "notification", "objection", "read"]
