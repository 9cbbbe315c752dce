"""Kinds of steps, one module each; journeys/registry.py lists them."""
