"""What sites and programs post by themselves, and what a source is told back."""
