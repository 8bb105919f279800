"""Advisory locks of PostgreSQL, by name."""

CLOCK_LOCK = 0x636C6F636B  # "clock": held by the copy of run_clock that ticks
