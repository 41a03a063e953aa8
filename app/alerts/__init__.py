"""Alerts: what people should know, who wants to hear of it, and what was told to whom."""

from app.alerts.raising import over, raise_

__all__ = ["over", "raise_"]
