"""What is said to whom, when: campaigns from draft to sent."""
