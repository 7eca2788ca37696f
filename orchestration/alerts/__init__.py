"""What turns a failed night into a message."""
