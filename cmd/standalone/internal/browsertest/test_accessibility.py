"""axe finds nothing serious on any page, in either theme, on a desktop and on a phone; and pictures for the documentation."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (375, "light"), "phone-dark": (375, "dark")}
# Where to put pictures of the pages; the environment variable is for whoever renews those of the documentation.
PICTURES = os.environ.get("DASHBOARD_PICTURES")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["tasks", "conditions", "task", "queues", "charts", "enqueue", "dialog"])
def test_page(open_page, tasks, name, look):
    width, scheme = LOOKS[look]
    page = open_page("#/" + {
        "tasks": "tasks", "conditions": "tasks?text=import*&f=%5B%22owner%22%2C%22eq%22%2C%22jane%22%5D", "task": "tasks/" + tasks["done"],
        "queues": "queues", "charts": "charts", "enqueue": "enqueue?action=http.request", "dialog": "tasks/" + tasks["waiting"],
    }[name], width=width, height=900 if width > 400 else 812, scheme=scheme)
    expect({
        "tasks": page.get_by_role("row").nth(1), "conditions": page.locator("mark").first, "task": page.get_by_role("region", name="Report", exact=True),
        "queues": page.get_by_role("region", name="Workers").get_by_role("row").nth(1), "charts": page.locator("svg .bar-completed").first,
        "enqueue": page.get_by_label("url *"), "dialog": page.get_by_role("button", name="Cancel"),
    }[name]).to_be_visible(timeout=20000)
    if name == "dialog":
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(300)
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert found == [], [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the window"
    if PICTURES:
        page.screenshot(path=os.path.join(PICTURES, f"dashboard-{name}-{look}.png"))
