"""What a verb raises when it will not act."""


class Refused(Exception):
    """A verb's "no": a sentence for the user, a code for programs, and who could act instead where that is known.

    `sentence` is translated text; `code` is stable ascii; `extra` is JSON-ready detail.
    """

    status = 409  # of the HTTP answer

    def __init__(self, sentence, *, code: str = "refused", **extra):
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.extra = extra

    def as_json(self) -> dict:
        return {"code": self.code, "detail": str(self.sentence), **self.extra}


class BadInput(Refused):
    """What was given cannot be taken as it is; the person can correct it."""

    status = 422


class TooMany(Refused):
    """Too many requests for now; `extra` has `retry_after` in seconds."""

    status = 429


class Unavailable(Refused):
    """What is needed for it fails just now (a full disk …): the very same may be sent again after `retry_after` seconds."""

    status = 503
