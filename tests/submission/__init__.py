"""Mail handed in by SMTP."""
