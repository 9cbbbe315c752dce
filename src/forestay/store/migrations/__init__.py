"""The schema's history; each version is final once released."""
