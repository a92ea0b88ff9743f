"""Where the office keeps what it must not lose: one SQL database, one unit of work."""
