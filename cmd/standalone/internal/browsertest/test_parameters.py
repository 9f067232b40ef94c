"""Parameters reach the queue as they were written."""

import re

from playwright.sync_api import expect

# What fields would change: line ends, white space, empty lines, members that the schema does not have, and integers beyond 2^53.
ODD = {"program": "wait", "args": ["", " a ", "x\ny"], "stdin": "one\ntwo\n", "more": [12345678901234567890, -9007199254740993, None]}


def enqueue_later(page):
    """Enqueues the form's task, to be run tomorrow, and returns its id."""
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Delay").fill("20h")
    with page.expect_response("**/api/v1/tasks") as answer:
        page.get_by_role("button", name="Enqueue", exact=True).click()
    assert answer.value.status == 201, answer.value.text()
    return answer.value.json()["id"]


def test_a_similar_task_has_the_same_parameters(open_page, api):
    id = api.enqueue("command", ODD, label="Odd ones", delay="20h")
    page = open_page("#/tasks/" + id)
    expect(page.locator("pre")).to_contain_text("12345678901234567890")
    page.get_by_role("link", name="Enqueue a similar one").click()
    expect(page.get_by_label("Parameters (JSON)")).to_have_value(re.compile("12345678901234567890"))
    page.get_by_role("button", name="Fill in a form").click()
    expect(page.get_by_text("without changing them")).to_be_visible()
    again = enqueue_later(page)
    assert again != id
    assert api.call("GET", "/api/v1/tasks/" + again)["parameters"] == ODD


def test_fields_keep_what_they_show(open_page, api):
    plain = {"program": "wait", "args": [" 1 ", "2"], "stdin": " one "}
    page = open_page("#/enqueue?from=" + api.enqueue("command", plain, delay="20h"))
    expect(page.get_by_label("args")).to_have_value(" 1 \n2")
    page.get_by_label("Action").fill("http.request")
    expect(page.get_by_label("url *")).to_have_value("")
    page.get_by_label("Action").fill("command")
    expect(page.get_by_label("stdin")).to_have_value(" one ")
    assert api.call("GET", "/api/v1/tasks/" + enqueue_later(page))["parameters"] == plain

    page = open_page("#/enqueue?action=http.request")
    page.get_by_label("url *").fill("http://nowhere.test/")
    page.get_by_label("body (JSON)").fill("[12345678901234567890]")
    page.get_by_label("expectStatus").fill("9007199254740993\n204")
    wanted = {"url": "http://nowhere.test/", "body": [12345678901234567890], "expectStatus": [9007199254740993, 204]}
    assert api.call("GET", "/api/v1/tasks/" + enqueue_later(page))["parameters"] == wanted


def test_what_is_no_number_is_said(open_page):
    page = open_page("#/enqueue?action=http.request")
    page.get_by_label("url *").fill("http://nowhere.test/")
    page.get_by_label("expectStatus").fill("200\nall")
    page.get_by_role("button", name="Enqueue", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text('expectStatus has "all", which is not a number')
