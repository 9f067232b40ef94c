"""Enqueue the import of a sample, wait until it is done and print its report. Needs nothing but Python 3.10 or later."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

URL = os.environ.get("TASKQUEUE_API_URL", "http://127.0.0.1:8080") + "/api/v1/tasks"


def call(method: str, url: str, body: Any = None, **headers: str) -> tuple[Any, str]:
    """Send a request, and return the answer with its ETag; None if nothing has changed. Ask a busy server again when it wants to be."""
    if key := os.environ.get("TASKQUEUE_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    data = None if body is None else json.dumps(body).encode()
    headers["Content-Type"] = "application/json"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    patience = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
                return json.load(answer), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return None, headers["If-None-Match"]
            # A task of a queue with the broker rds or sqs is unknown until a relay has taken it.
            to_come = error.code == 404 and time.monotonic() < patience
            if error.code not in (429, 503) and not to_come:
                problem = json.load(error)
                raise SystemExit(f"{problem['status']} {problem['title']}: {problem.get('detail', '')}") from error
            time.sleep(int(error.headers.get("Retry-After", 1)))


def show(report: dict[str, Any], depth: int = 1) -> None:
    """Print a report with its children indented below it."""
    print("  " * depth + f"{report['type']}: {report['message']}")
    for child in report["children"]:
        show(child, depth + 1)


def main() -> int:
    wanted = {"action": "csv.import", "parameters": {"sample": True}, "label": "Import the sample"}
    # With the key this may be sent again when the answer was lost: there will be one task.
    task, revision = call("POST", URL, wanted, Idempotency_Key=f'"{uuid.uuid4()}"')
    while task["status"] in ("created", "in_progress"):
        time.sleep(0.5)
        changed, revision = call("GET", f"{URL}/{task['id']}", If_None_Match=revision)
        task = changed or task
    print(task["statusLabel"])
    if "report" in task:
        show(task["report"])
    return 0 if task["status"] == "completed" else 1


if __name__ == "__main__":
    sys.exit(main())
