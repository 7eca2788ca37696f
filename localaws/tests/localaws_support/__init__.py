"""What several tests of localaws share."""
