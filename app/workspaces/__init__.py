"""Who works here: organizations, their workspaces, the people and the keys."""
