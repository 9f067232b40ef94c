"""What a person does with the dashboard."""

import os
import re
from urllib.parse import quote

from playwright.sync_api import expect


def test_the_list_is_live(open_page, api, tasks):
    page = open_page()
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    id = api.enqueue("csv.import", {"sample": True}, label="Just enqueued", delay="20h")
    row = page.get_by_role("row").filter(has_text="Just enqueued")
    expect(row).to_contain_text("Queued")
    api.call("POST", f"/api/v1/tasks/{id}/cancel", {})
    expect(row).to_contain_text("Cancelled")


def test_filter_sort_text_and_views(open_page, tasks):
    page = open_page()
    table = page.get_by_role("table", name="Tasks")
    page.get_by_role("link", name="Failed", exact=True).click()
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table).to_contain_text("Import the lost file")

    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_role("searchbox", name="Full text").fill("almanac")
    page.keyboard.press("Enter")
    expect(table.locator("mark").first).to_have_text("almanac")
    expect(page).to_have_url(re.compile("text=almanac"))

    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_text("Conditions", exact=True).click()
    page.get_by_label("Column").select_option("owner")
    page.get_by_label("Operator").select_option("in")
    page.get_by_label("Value").fill("tom, ops")
    page.get_by_role("button", name="Apply").click()
    expect(table).to_contain_text("Import tomorrow")
    expect(table).not_to_contain_text("Import the almanac")

    page.get_by_role("button", name="Label").click()
    expect(table.get_by_role("columnheader", name="Label")).to_have_attribute("aria-sort", "ascending")
    expect(table.get_by_role("row").nth(1)).to_contain_text("Back up the archive")

    page.get_by_role("button", name="Save this view").click()
    page.get_by_label("Name").fill("Tom and ops")
    page.get_by_role("button", name="Save", exact=True).click()
    address = page.url
    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_role("link", name="Tom and ops").click()
    expect(page).to_have_url(address)
    page.reload()
    expect(table.get_by_role("row").nth(1)).to_contain_text("Back up the archive")
    expect(page.get_by_role("link", name="Tom and ops")).to_have_attribute("aria-current", "true")


def test_pages(open_page, api, tasks):
    for i in range(25):
        api.enqueue("csv.import", {"sample": True}, label=f"Page filler {i}", owner="filler", delay="20h")
    api.await_listed(filters=[{"column": "label", "op": "eq", "value": "Page filler 24"}])
    page = open_page("#/tasks?f=" + quote('["owner","eq","filler"]'))
    expect(page.get_by_text("1–20 of 25")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("21–25 of 25")).to_be_visible()
    page.reload()
    expect(page.get_by_text("21–25 of 25")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_text("1–20 of 25")).to_be_visible()
    page.get_by_role("checkbox", name="Select all tasks on this page").check()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("All of them can be cancelled.")).to_be_visible()
    page.get_by_role("button", name="Cancel them").click()
    expect(page.get_by_text("20 changed, 0 left as they are, 0 failed.")).to_be_visible()


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


def test_every_column_and_operator(open_page, tasks):
    """Whatever the form offers is a search that the API takes."""
    page = open_page("#/tasks")
    page.get_by_text("Conditions", exact=True).click()
    tried = 0
    for column in options(page.get_by_label("Column")):
        page.get_by_label("Column").select_option(column)
        for operator in options(page.get_by_label("Operator")):
            page.get_by_label("Operator").select_option(operator)
            value = page.get_by_label("Value")
            if value.evaluate("e => e.tagName") == "INPUT":
                moment = "2026-01-02T03:04:05" + ("Z" if operator in ("in", "notIn") else "")
                value.fill(moment if column.endswith("At") else {"status": "failed", "masterStatus": "true"}.get(column, "a"))
            with page.expect_response("**/api/v1/tasks/search") as answer:
                page.get_by_role("button", name="Apply").click()
            assert answer.value.status == 200, (column, operator, answer.value.text())
            tried += 1
    assert tried == 10 * 10 + 2 * 8 + 4


def options(select):
    return select.evaluate("e => [...e.options].map(o => o.value)")


def test_a_tasks_page(open_page, tasks):
    page = open_page("#/tasks/" + tasks["waiting"])
    expect(page.get_by_role("heading", name="Import tomorrow")).to_be_visible()
    expect(page.get_by_role("region", name="Children").get_by_role("link", name="Import a part")).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Enqueued")
    expect(page.get_by_role("region", name="Timeline").get_by_role("link", name="Import a part").first).to_be_visible()
    temporal = page.get_by_role("link", name="Open in Temporal").get_attribute("href")
    assert temporal == f"{os.environ['DASHBOARD_TEMPORAL_UI']}/namespaces/default/workflows/{tasks['waiting']}"

    page.goto(page.url.split("#")[0] + "#/tasks/" + tasks["done"])
    expect(page.get_by_role("region", name="Report", exact=True)).to_contain_text("rows read")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text(re.compile("A worker began to run it after .*The action ended after .*Completed"))
    expect(page.get_by_role("region", name="About")).to_contain_text("Waited")
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    with open(download.value.path()) as file:
        assert file.readline() == "line,reason,row\n"


def test_cancel_rerun_and_archive(open_page, api):
    id = api.enqueue("csv.import", {"sample": True}, label="To be cancelled", delay="20h")
    page = open_page("#/tasks/" + id)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Cancelled")
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("dialog").get_by_role("button", name="Run again").click()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Completed")
    assert id not in page.url
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Archive the task").click()
    expect(page.locator("main .head")).to_contain_text("Archived")


def test_a_running_task_is_cancelled_by_force(open_page, api):
    id = api.enqueue("command", {"program": "wait", "args": ["300"]}, label="Long wait")
    page = open_page("#/tasks/" + id)
    expect(page.locator("main .head")).to_contain_text("In Progress")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("checkbox", name="end it all the same").check()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.locator("main .head")).to_contain_text("Cancelled")


def test_progress_moves(open_page, api):
    # Progress is told with every 500 rows that are written, so lines that are refused make the import slow.
    # The sample has a line that is not UTF-8.
    long = os.path.join(os.environ["DASHBOARD_IMPORTS"], "long.csv")
    with open("../../../../examples/csvimport/sample.csv", "rb") as sample, open(long, "wb") as file:
        file.write(next(sample))
        for line in sample:
            file.write(line + b"not a date,1,Monday,1,1990-W01,1,new moon\n" * 300)
    id = api.enqueue("csv.import", {"file": "long.csv"}, label="A long import")
    page = open_page("#/tasks/" + id)
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    first = float(bar.get_attribute("value") or bar.evaluate("e => e.value"))
    page.wait_for_function("before => document.querySelector('progress')?.value > before", arg=first, timeout=60_000)
    api.call("POST", f"/api/v1/tasks/{id}/cancel", {"force": True})
    expect(page.locator("main .head")).to_contain_text("Cancelled")


def test_enqueue_from_the_schema(open_page):
    page = open_page("#/enqueue")
    page.get_by_label("Action").fill("http.request")
    page.get_by_label("url *").fill("http://127.0.0.1:1/hook")
    page.get_by_label("timeoutSeconds").fill("2.5")
    page.get_by_label("expectStatus").fill("200\n204")
    page.get_by_role("button", name="Write JSON").click()
    expect(page.get_by_label("Parameters (JSON)")).to_have_value(re.compile(r'"expectStatus": \[\s+200,\s+204'))
    page.get_by_role("button", name="Fill in a form").click()
    expect(page.get_by_label("url *")).to_have_value("http://127.0.0.1:1/hook")
    page.get_by_label("Label").fill("Call nobody")
    page.get_by_role("button", name="Enqueue", exact=True).click()
    expect(page.get_by_role("heading", name="Call nobody")).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Failed")
    page.get_by_role("link", name="Enqueue a similar one").click()
    expect(page.get_by_label("url *")).to_have_value("http://127.0.0.1:1/hook")


def test_what_is_wrong_is_said(open_page):
    page = open_page("#/enqueue?action=nobody.knows", expected=["422", "404"])
    expect(page.get_by_label("Parameters (JSON)")).to_have_value("{}")
    page.get_by_role("button", name="Enqueue", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("nobody.knows")
    page.goto(page.url.split("#")[0] + "#/tasks/nobody")
    expect(page.get_by_role("heading", name="There is no such task")).to_be_visible()


def test_queues_and_workers(open_page, tasks):
    page = open_page("#/queues")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="imports"))
    expect(row).to_contain_text("75 %")
    expect(row).to_contain_text("csv.import")
    expect(page.get_by_role("region", name="Workers")).to_contain_text("default, imports")
    page.get_by_role("button", name="Pause the queue imports").click()
    page.get_by_label("Reason").fill("The disk is full")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(row).to_contain_text("The disk is full")
    page.get_by_role("button", name="Resume the queue imports").click()
    expect(row).to_contain_text("Open")


def test_charts(open_page, tasks):
    page = open_page("#/charts")
    expect(page.get_by_role("img", name=re.compile("Throughput"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Waiting time"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Failures"))).to_be_visible()
    expect(page.locator(".bar-completed").first).to_be_attached()
    expect(page.get_by_role("region", name="By action", exact=True)).to_contain_text("csv.import")
    page.get_by_role("combobox", name="Time").select_option("day")
    expect(page).to_have_url(re.compile("range=day"))


def test_the_keyboard_is_enough(open_page, tasks):
    page = open_page()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    def tab_to(locator, most=80):
        for _ in range(most):
            page.keyboard.press("Tab")
            if locator.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError("the keyboard does not get there")

    tab_to(page.get_by_role("link", name="Failed", exact=True))
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Import the lost file")
    expect(link).to_be_visible()
    tab_to(link)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Import the lost file")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    tab_to(page.get_by_role("button", name="Archive"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Archive")).to_be_focused()


def test_what_tasks_say_is_only_text(open_page, api):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    id = api.enqueue("csv.import", {"file": evil}, label=evil, owner=evil, id=evil)
    api.await_(id, "failed")
    api.await_listed(filters=[{"column": "id", "op": "eq", "value": id}])
    page = open_page("#/tasks?text=onerror")
    expect(page.get_by_role("table", name="Tasks")).to_contain_text("onerror")
    page.goto(page.url.split("#")[0] + "#/tasks/" + quote(id, safe=""))
    expect(page.get_by_role("heading", level=1)).to_have_text(evil)
    expect(page.get_by_role("region", name="Report", exact=True)).to_contain_text("onerror")
    assert page.locator("main img, main script").count() == 0
    page.get_by_role("link", name="Enqueue a similar one").click()
    expect(page.get_by_label("file")).to_have_value(evil)
