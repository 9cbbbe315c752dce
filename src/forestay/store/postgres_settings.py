"""The embedded PostgreSQL's configuration file, written anew at every start.

Gives : settings_text()
Source: DESIGN section 9: no lz4 or zstd in the wheel (pglz), small memory, little idle work, jit off.
"""

from __future__ import annotations

from forestay.store.postgres_home import PORT, Home


def settings_text(home: Home, major: int, shared_buffers_mb: int, max_connections: int) -> str:
    """postgresql.conf; an operator's own lines go to `postgres.conf` in the home and win."""
    sockets = str(home.sockets).replace("'", "''").replace('"', '""')
    own = str(home.folder / "postgres.conf").replace("'", "''")
    lines = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'\"{sockets}\"'",
        "unix_socket_permissions": "0600",
        "port": str(PORT),
        "max_connections": str(max_connections),
        "shared_buffers": f"{shared_buffers_mb}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        "effective_cache_size": "1GB",
        "random_page_cost": "1.1",
        "jit": "off",  # a plan compiled for 100 ms to save one
        "max_worker_processes": "4",
        "max_parallel_workers_per_gather": "0",  # two cores, and the tick wants one of them
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "wal_compression": "pglz",
        "min_wal_size": "80MB",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "autovacuum_max_workers": "2",
        "autovacuum_naptime": "10s",  # a large import is planned for by its true size soon after
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "datestyle": "'iso, ymd'",
        "log_line_prefix": "'%m [%p] '",
        "log_min_messages": "warning",
        "log_checkpoints": "off",
        # a failing statement and its detail quote rows; logs hold ids only
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "idle_in_transaction_session_timeout": "15min",
    }
    if major >= 18:
        lines["io_method"] = "sync"  # its three read-ahead processes cost memory and serve larger machines
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    return f"# Written by Forestay at every start. Your own settings: {home.folder}/postgres.conf\n{text}include_if_exists '{own}'\n"
