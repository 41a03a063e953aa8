"""Sites full of one plugin's rows, in the shape in which real ones were seen to answer."""
