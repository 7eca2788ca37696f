"""What several tests of the simulator share."""
