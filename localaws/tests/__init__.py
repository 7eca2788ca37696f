"""Tests of localaws; `support` holds what several of them share."""
