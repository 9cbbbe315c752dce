"""What does each kind of job; `app/jobs.py` lists them."""
