"""Journeys at work in PostgreSQL: rows are claimed in bulk, advanced as columns, written back with all they caused."""
