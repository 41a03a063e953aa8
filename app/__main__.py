"""`python -m app` is `pressferry`."""

from app.cli import main

main()
