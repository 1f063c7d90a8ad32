"""What is known of the shipped strategies: how often nothing is taken for something, and what they made where."""
