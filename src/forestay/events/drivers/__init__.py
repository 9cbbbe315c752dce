"""Where the event log is kept; every driver passes tests/events/test_every_log.py."""
