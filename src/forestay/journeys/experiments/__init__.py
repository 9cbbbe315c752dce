"""Tests of arms against each other and against doing nothing: assignment, statistics valid at every look, verdicts."""
