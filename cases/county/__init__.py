"""One county as data: read a folder, check everything, store it, or change nothing. `manage.py load_county` is the door."""
