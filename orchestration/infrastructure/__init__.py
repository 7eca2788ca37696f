"""What is deployed, and the code that deploys it."""
