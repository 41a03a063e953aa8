"""The loop that sends: what it takes, what it hands to the lines, and what it writes down."""
