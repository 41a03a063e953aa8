"""Every table, so that migrations see the whole database."""

from app.alerts import models as alerts
from app.campaigns import models as campaigns
from app.contacts import models as contacts
from app.db import Base
from app.messages import models as messages
from app.sending import models as sending
from app.sources import models as sources
from app.sources.agents import models as agents
from app.sources.notifications import models as notifications
from app.sources.uploads import models as uploads
from app.sources.webhooks import models as hooks
from app.watching import models as watching
from app.workspaces import models as workspaces

__all__ = [
    "Base",
    "agents",
    "alerts",
    "campaigns",
    "contacts",
    "hooks",
    "messages",
    "notifications",
    "sending",
    "sources",
    "uploads",
    "watching",
    "workspaces",
]
