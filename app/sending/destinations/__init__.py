"""The mail services that recipients have, and what is held back from one for a while."""
