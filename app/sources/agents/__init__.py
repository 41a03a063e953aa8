"""Programs near a site that read it for this server."""
