"""Where contacts come from: sites, their connections, and the runs that bring them in."""
