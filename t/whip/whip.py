"""What the Python peers have in common: HTTP of WHIP and WHEP, the report."""

import json
import sys
import urllib.error
import urllib.request
from urllib.parse import urljoin


class Stream:
    """One stream: POST and DELETE."""

    def __init__(self, url, key):
        self.url = url
        self.key = key

    def ask(self, method, url, body=None, **headers):
        request = urllib.request.Request(
            url, method=method, data=body and body.encode(),
            headers={"Authorization": "Bearer " + self.key, **headers})

        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def open(self, offer):
        status, headers, answer = self.ask(
            "POST", self.url, offer, **{"Content-Type": "application/sdp"})

        if status != 201:
            raise RuntimeError(answer)

        self.at = urljoin(self.url, headers["Location"])

        return answer

    def close(self):
        return self.ask("DELETE", self.at)[0]


def enough(seen):
    """A player has decoded what shows that it can."""

    return seen["video"] > 40 and seen["audio"] > 50


def arguments():
    """URL of the endpoint, key, seconds at most; the URL says whip or whep."""

    url, key, seconds = sys.argv[1:4]

    return url, key, float(seconds), "/whip/" in url


def report(**what):
    print(json.dumps(what), flush=True)
