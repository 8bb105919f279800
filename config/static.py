"""Where static files are collected."""

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """With copies by gzip, which nginx hands out. Not by Brotli, which it has no module for, nor of source maps, which nobody fetches:
    the two would take nine tenths of the time."""

    def create_compressor(self, **options) -> Compressor:
        extensions = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
        return super().create_compressor(**options | {"extensions": extensions, "use_brotli": False})
