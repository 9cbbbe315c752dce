"""Simulation: the last N days replayed through a draft under a virtual clock, by the machine that runs the real one,
without side effects.

Start at simulate.py (the public call), then replay.py (the loop over days), track.py (one version and its turns), crowd.py (runs and tokens in memory),
past.py and world.py (what a step may ask of the past), answers.py (how the world is assumed to answer).
"""
