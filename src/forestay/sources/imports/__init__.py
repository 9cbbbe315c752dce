"""Files into events: read (reading), name the columns (mapping), type the values (conversion), send (importer).

Start at `importer.run_import`; the log's Arrow bodies are described in `events/wire.py`.
"""
