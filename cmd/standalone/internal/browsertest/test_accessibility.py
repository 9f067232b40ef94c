"""axe finds nothing serious on any page, in either theme, on a desktop and on a phone; and pictures for the documentation."""

import pytest
from playwright.sync_api import expect

from conftest import LOOKS, look_at


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["tasks", "conditions", "selected", "task", "queues", "charts", "enqueue", "dialog"])
def test_page(open_page, api, tasks, name, look):
    if name == "charts":  # which show the last minutes
        api.await_(api.enqueue("csv.import", {"sample": True}, label="Import the almanac", owner="jane"), "completed")
    width, scheme = LOOKS[look]
    page = open_page("#/" + {
        "tasks": "tasks", "selected": "tasks", "conditions": "tasks?text=import*&f=%5B%22owner%22%2C%22eq%22%2C%22jane%22%5D",
        "task": "tasks/" + tasks["done"], "queues": "queues", "charts": "charts?range=minutes", "enqueue": "enqueue?action=http.request",
        "dialog": "tasks/" + tasks["waiting"],
    }[name], width=width, height=900 if width > 400 else 812, scheme=scheme)
    expect({
        "tasks": page.get_by_role("row").nth(1), "selected": page.get_by_role("row").nth(1), "conditions": page.locator("mark").first,
        "task": page.get_by_text("The action ended"), "queues": page.get_by_role("region", name="Workers").get_by_role("row").nth(1),
        "charts": page.locator("svg .bar-completed").first, "enqueue": page.get_by_label("url *"), "dialog": page.get_by_role("button", name="Cancel"),
    }[name]).to_be_visible()
    if name == "selected":
        page.get_by_role("checkbox", name="Select all tasks on this page").check()
        expect(page.get_by_role("button", name="Select none")).to_be_visible()
    if name == "dialog":
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(300)
    look_at(page, name, look)
