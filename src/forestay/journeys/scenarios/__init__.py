"""Scenarios: a customer's story told in a file, played through a journey, and what must come of it.

Start at document.py (the format), then play.py (the story, under a virtual clock) and verdict.py (the difference).
docs/journeys-tests.md is the manual.
"""
