"""A browser, and the REST API to make tasks with."""

import json
import os
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import sync_playwright

URL = os.environ["DASHBOARD_URL"]
# A browser that works as root, without a GPU, and asks nobody for anything.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Api:
    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def enqueue(self, action, parameters=None, **more):
        return self.call("POST", "/api/v1/tasks", {"action": action, "parameters": parameters or {}, **more})["id"]

    def await_(self, id, *statuses):
        deadline = time.time() + 60
        while time.time() < deadline:
            task = self.call("GET", "/api/v1/tasks/" + quote(id, safe=""))
            if task["status"] in statuses:
                return task
            time.sleep(0.1)
        raise AssertionError(f"task {id} is {task['status']}, not one of {statuses}")

    def await_listed(self, **body):
        deadline = time.time() + 30
        while time.time() < deadline:
            if self.call("POST", "/api/v1/tasks/search", body)["total"]:
                return
            time.sleep(0.1)
        raise AssertionError(f"nothing is listed for {body}")


@pytest.fixture(scope="session")
def api():
    return Api()


@pytest.fixture(scope="session")
def tasks(api):
    """Tasks in every state."""
    sample = {"sample": True}
    made = {
        "done": api.enqueue("csv.import", sample, label="Import the almanac", owner="jane"),
        "failed": api.enqueue("csv.import", {"file": "nowhere.csv"}, label="Import the lost file", owner="jane"),
        "waiting": api.enqueue("csv.import", sample, label="Import tomorrow", owner="tom", delay="20h"),
        "cancelled": api.enqueue("csv.import", sample, label="Import never", owner="tom", delay="20h"),
        "running": api.enqueue("command", {"program": "wait", "args": ["600"]}, label="Back up the archive", owner="ops"),
    }
    made["child"] = api.enqueue("csv.import", sample, label="Import a part", owner="tom", parentId=made["waiting"])
    for i in range(6):
        api.enqueue("csv.import", sample, label=f"Import chapter {i + 1}", owner="jane")
    api.call("POST", f"/api/v1/tasks/{made['cancelled']}/cancel", {})
    api.await_(made["done"], "completed")
    api.await_(made["failed"], "failed")
    api.await_(made["child"], "completed")
    api.await_(made["running"], "in_progress")
    api.await_listed(filters=[{"column": "id", "op": "eq", "value": made["running"]}, {"column": "status", "op": "eq", "value": "running"}])
    return made


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["DASHBOARD_CHROMIUM"], args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Opens pages, which may say nothing on the console and ask no other server for anything."""
    contexts, wrong = [], []

    def open_(address="#/tasks", width=1280, height=900, scheme="light", expected=()):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and not any(e in m.text for e in expected) and wrong.append(m.text))
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on("dialog", lambda d: (wrong.append("a dialog: " + d.message), d.dismiss()))
        page.on("request", lambda r: r.url.startswith((URL + "/", "blob:")) or wrong.append("asks " + r.url))
        page.goto(URL + "/" + address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []
