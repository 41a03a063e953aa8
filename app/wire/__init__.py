"""SMTP with PIPELINING over what aiosmtplib opened, and the journal of what was said."""
