"""A seat at the console: signed in on its surface, posts as its scripts do."""

from tests.cast import sign_in

FETCH = {"HTTP_X_REQUESTED_WITH": "fetch", "HTTP_ACCEPT": "application/json, text/html"}


class Desk:
    """`desk.sit(user)`, then `get`, `act(case, "send", …)`, `panel(case)`."""

    def __init__(self, client):
        self.client, self.get = client, client.get

    def sit(self, user) -> "Desk":
        sign_in(self.client, user, "command")
        return self

    def post(self, address: str, **data):
        return self.client.post(address, data, **FETCH)

    def act(self, case, action: str, **data):
        return self.post(f"/command/cases/{case.pk}/{action}/", **data)

    def panel(self, case) -> str:
        """The open case as the script fetches it."""
        answer = self.client.get(f"/command/cases/{case.pk}/", **FETCH)
        assert answer.status_code == 200
        return answer.content.decode()
