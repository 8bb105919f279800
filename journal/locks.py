"""Advisory locks of PostgreSQL, by name."""

CLOCK_LOCK = 0x636C6F636B  # "clock": held by the copy of run_clock that ticks
IMPORT_LOCK = 0x696D70  # "imp", with the key of the import: held by whoever checks or writes it
