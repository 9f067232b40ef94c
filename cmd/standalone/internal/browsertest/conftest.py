"""A browser, and the REST API to make tasks with."""

import json
import os
import random
import time
import urllib.request
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

URL = os.environ["DASHBOARD_URL"]
# What must come may take long on a machine that does other things as well.
expect.set_options(timeout=60_000)
# A browser that works as root, without a GPU, and asks nobody for anything.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# On what the pages must work: width and scheme.
LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (375, "light"), "phone-dark": (375, "dark")}
# Where to put pictures of the pages; the environment variable is for whoever renews those of the documentation.
PICTURES = os.environ.get("DASHBOARD_PICTURES")
# API keys by their subjects, of a server that wants them.
KEYS = json.loads(os.environ.get("DASHBOARD_KEYS", "{}"))


class Api:
    def __init__(self, key=None):
        self.headers = {"Content-Type": "application/json"}
        if key:
            self.headers["Authorization"] = "Bearer " + key

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(URL + path, data, self.headers, method=method)
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


def look_at(page, name, look):
    """axe finds nothing serious on the page, which is no wider than the window. Takes a picture of it."""
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert found == [], [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= LOOKS[look][0], "the page is wider than the window"
    if PICTURES:
        page.screenshot(path=os.path.join(PICTURES, f"dashboard-{name}-{look}.png"))


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
    if PICTURES:
        bustle(api)
    return made


def bustle(api):
    """Keeps the queues busy for some minutes, so that pictures of charts have something to show."""
    owners = ["jane", "tom", "ana"]
    for i in range(90):
        if i in (30, 70):
            api.call("POST", "/api/v1/queues/imports/pause", {"reason": "The disk is full"})
        if i in (42, 78):
            api.call("POST", "/api/v1/queues/imports/resume", {})
        for _ in range(random.randint(0, 2)):
            file = {"sample": True} if random.random() < 0.9 else {"file": "lost.csv"}
            api.enqueue("csv.import", file, label=f"Import chapter {i + 7}", owner=random.choice(owners))
        for _ in range(random.randint(0, 2)):
            api.enqueue("command", {"program": "wait", "args": [str(random.randint(1, 3))]}, label=f"Back up shelf {i + 1}", owner="ops")
        time.sleep(4)


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

    def open_(address="#/tasks", width=1280, height=900, scheme="light", key=None, expected=()):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and not any(e in m.text for e in expected) and wrong.append(m.text))
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on("dialog", lambda d: (wrong.append("a dialog: " + d.message), d.dismiss()))
        page.on("request", lambda r: r.url.startswith((URL + "/", "blob:")) or wrong.append("asks " + r.url))
        if key:
            page.add_init_script(f"sessionStorage.setItem('taskqueue.key', {json.dumps(key)})")
        page.goto(URL + "/" + address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []
