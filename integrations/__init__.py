"""Outside systems, a folder each. Imports Django only: what comes in is parsed here and handled by the room that it concerns."""
