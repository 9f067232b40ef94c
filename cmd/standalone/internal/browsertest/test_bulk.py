"""What is done to everything that a search finds."""

import json
from urllib.parse import quote

from playwright.sync_api import expect


def test_everything_that_matches(open_page, api, tasks):
    for i in range(23):
        api.enqueue("csv.import", {"sample": True}, label=f"Sweep {'pear' if i % 8 else 'plum'} {i}", owner="sweeper", delay="20h")
    api.enqueue("csv.import", {"sample": True}, label="Sweep pear of somebody else", owner="keeper", delay="20h")
    api.await_listed(filters=[{"column": "label", "op": "eq", "value": "Sweep pear of somebody else"}])
    page = open_page("#/tasks?text=pear&limit=20&f=" + quote('["owner","eq","sweeper"]'))
    expect(page.get_by_text("1–20 of 20")).to_be_visible()
    page.goto(page.url.replace("text=pear&", ""))
    expect(page.get_by_text("1–20 of 23")).to_be_visible()
    page.get_by_role("checkbox", name="Select all tasks on this page").check()
    page.get_by_role("button", name="Select all 23 that match").click()
    # Another search is another selection.
    page.get_by_role("searchbox", name="Full text").fill("pear")
    page.keyboard.press("Enter")
    expect(page.get_by_text("that match are selected")).to_be_hidden()
    page.get_by_role("link", name="All", exact=True).click()

    page.goto(page.url.split("#")[0] + "#/tasks?f=" + quote('["owner","eq","sweeper"]') + "&f=" + quote('["label","like","%p%"]'))
    expect(page.get_by_text("1–20 of 23")).to_be_visible()
    page.get_by_role("checkbox", name="Select all tasks on this page").check()
    page.get_by_role("button", name="Select all 23 that match").click()
    expect(page.get_by_text("All 23 that match are selected")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_text("23 changed, 0 left as they are, 0 failed.")).to_be_visible()
    kept = api.call("POST", "/api/v1/tasks/search", {"filters": [{"column": "owner", "op": "eq", "value": "keeper"}]})["tasks"]
    assert [task["status"] for task in kept] == ["created"]


def select_all(page, api, owner, number):
    """Has this owner's tasks enqueued, to be run tomorrow, and selects them all."""
    for i in range(number):
        api.enqueue("csv.import", {"sample": True}, label=f"{owner} {i}", owner=owner, delay="20h")
    api.await_listed(filters=[{"column": "label", "op": "eq", "value": f"{owner} {number - 1}"}])
    page.goto(page.url.split("#")[0] + "#/tasks?f=" + quote(json.dumps(["owner", "eq", owner])))
    expect(page.get_by_text(f"1–20 of {number}")).to_be_visible()
    page.get_by_role("checkbox", name="Select all tasks on this page").check()
    page.get_by_role("button", name=f"Select all {number} that match").click()
    page.get_by_role("button", name="Cancel", exact=True).click()


def in_parts(page, size, second):
    """Makes the page ask for parts of this size; second is given the second request, and what sends it on."""
    number = 0

    def part(route):
        nonlocal number
        body = route.request.post_data_json
        if body.get("dryRun"):
            return route.continue_()
        assert body["limit"] == 100
        number += 1
        go_on = lambda: route.continue_(post_data=json.dumps({**body, "limit": size}))
        return second(route, go_on) if number == 2 else go_on()

    page.route("**/api/v1/tasks/cancel", part)


def test_progress_and_stop(open_page, api):
    page = open_page()
    held = []
    in_parts(page, 10, lambda route, go_on: held.append(go_on))
    select_all(page, api, "stopper", 25)
    page.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_text("10 of 25", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    held[0]()
    expect(page.get_by_text("Stopped: 20 changed, 0 left as they are, 0 failed.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_was_done_before_an_error_is_told(open_page, api):
    page = open_page(expected=["503"])
    problem = json.dumps({"type": "about:blank", "title": "Away", "status": 503, "detail": "The index is away."})
    in_parts(page, 15, lambda route, go_on: route.fulfill(status=503, content_type="application/problem+json", body=problem))
    select_all(page, api, "goer", 21)
    page.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_role("alert")).to_have_text("15 changed, 0 left as they are, 0 failed. The index is away.")
    page.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_text("21 changed, 0 left as they are, 0 failed.")).to_be_visible()
