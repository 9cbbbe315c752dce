"""Candidates: one module a kind of model; the only place that holds the ML libraries."""
