"""What connectors share: walking through pages that move, and reading what plugins write."""
