"""Tests of the simulator; `support` holds what several of them share."""
