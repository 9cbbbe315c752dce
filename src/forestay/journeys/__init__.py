"""Journeys: versioned workflows over accounts and contacts, run on sets of rows, simulated by the same code."""
