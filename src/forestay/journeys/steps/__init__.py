"""The kinds of step, one module each: settings (a form), ports, checks, and what it does to a batch."""
