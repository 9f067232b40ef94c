"""The dashboard in a browser, or with a server, that does not do what it should."""

import json
import re

from playwright.sync_api import expect

BLOCK_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}"""


def refuse(status):
    body = json.dumps({"type": "about:blank", "title": "Refused", "status": status, "detail": "Refused for a test"})
    return lambda route: route.fulfill(status=status, content_type="application/problem+json", body=body)


def test_a_browser_that_stores_nothing(open_page, tasks):
    page = open_page()
    page.add_init_script(BLOCK_STORAGE)
    page.reload()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("searchbox", name="Full text").fill("almanac")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save this view").click()
    page.get_by_label("Name").fill("Almanacs")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Almanacs")).to_be_visible()
    page.get_by_role("button", name="Forget the view Almanacs").click()
    expect(page.get_by_role("link", name="Almanacs")).to_have_count(0)


def test_a_server_that_comes_back(open_page, tasks):
    page = open_page(expected=["503"])
    page.route("**/api/v1/me", refuse(503))
    page.reload()
    expect(page.get_by_role("alert")).to_have_text("Refused for a test")
    page.get_by_role("link", name="Charts").click()
    expect(page.get_by_role("link", name="Charts")).to_have_attribute("aria-current", "page")
    page.unroute("**/api/v1/me")
    expect(page.get_by_role("heading", name="Charts")).to_be_visible()


def test_a_stream_that_is_refused(open_page, tasks):
    page = open_page(expected=["403"])
    live = page.locator("#live")
    page.route(re.compile(r"/events(\?|$)"), refuse(403))
    for address in ("#/tasks?page=1", "#/tasks/" + tasks["waiting"]):
        page.goto(page.url.split("#")[0] + address)
        page.reload()
        expect(page.get_by_text("Refused for a test").first).to_be_visible()
        expect(live).to_have_text("")


def test_addresses_that_lead_nowhere(open_page, tasks):
    page = open_page("#/tasks/%zz", expected=["404"])
    for address, heading in {
        "#/tasks/%zz": "There is no such task", "#/constructor": "This does not work", "#/tasks?f=owner": "This does not work", "#/charts?range=constructor": "Charts",
    }.items():
        page.goto(page.url.split("#")[0] + address)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
