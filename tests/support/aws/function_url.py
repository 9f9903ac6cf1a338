"""Send requests to a Lambda handler as a function URL does (payload version 2), and decode its responses."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder

HOST = "abc123.lambda-url.eu-central-1.on.aws"


@dataclass
class Answer:
    """A decoded response."""

    status: int
    headers: dict[str, str]
    body: bytes
    set_cookies: list[str]


@dataclass
class FunctionUrl:
    """A client of a function, such as a browser; it keeps cookies."""

    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        source_ip: str = "203.0.113.7",
        domain: str = HOST,
        **body: Any,
    ) -> Answer:
        """Send a request; `body` takes data, json and content_type, like Flask's test client."""
        built = EnvironBuilder(method=method, path=urlsplit(address).path, **body)
        environ = built.get_environ()
        data = environ["wsgi.input"].read()
        built.close()
        sent = {"host": domain, "x-forwarded-proto": "https", "x-forwarded-port": "443", **(headers or {})}
        if environ.get("CONTENT_TYPE"):
            sent["content-type"] = environ["CONTENT_TYPE"]
        event = {
            "version": "2.0",
            "rawPath": urlsplit(address).path,
            "rawQueryString": urlsplit(address).query,
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "headers": sent,
            "requestContext": {
                "domainName": domain,
                "http": {"method": method, "path": address, "protocol": "HTTP/1.1", "sourceIp": source_ip},
            },
            "body": base64.b64encode(data).decode(),
            "isBase64Encoded": True,
        }
        answer = self.handler(event, None)
        for cookie in answer.get("cookies", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        text = answer["body"]
        content = base64.b64decode(text) if answer["isBase64Encoded"] else text.encode()
        return Answer(answer["statusCode"], answer["headers"], content, answer.get("cookies", []))
