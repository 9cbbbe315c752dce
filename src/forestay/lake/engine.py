"""The engine of the lake."""
