"""The form of conditions on any column."""

import json
from urllib.parse import parse_qsl, quote, urlsplit

from playwright.sync_api import expect


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


def test_conditions_stay_as_they_were_given(open_page, api, tasks):
    """Whoever opens an address and presses Apply searches for the same."""
    given = [
        ["label", "in", ["a, b", "c"]], ["label", "in", []], ["label", "neq", "[x"], ["owner", "notIn", ["", " tom "]], ["owner", "neq", ""],
        ["createdAt", "gte", "2026-01-02T03:04:05.678Z"], ["createdAt", "gte", "2026-01-02 03:04:05"], ["updatedAt", "gt", 1700000000.5],
        ["status", "neq", "dequeued"], ["masterStatus", "eq", False], ["masterStatus", "in", [True, False]],
    ]
    page = open_page("#/tasks?" + "&".join("f=" + quote(json.dumps(one)) for one in given))
    expect(page.get_by_label("Value")).to_have_count(len(given))
    with page.expect_response("**/api/v1/tasks/search") as answer:
        page.get_by_label("Operator").first.select_option("notIn")
        page.get_by_role("button", name="Apply").click()
    assert answer.value.status == 200, answer.value.text()
    given[0][1] = "notIn"
    fragment = urlsplit(urlsplit(page.url).fragment)
    assert [json.loads(value) for name, value in parse_qsl(fragment.query) if name == "f"] == given


def test_values_with_commas(open_page, api, tasks):
    id = api.enqueue("csv.import", {"sample": True}, label="Apples, pears", delay="20h")
    api.await_listed(filters=[{"column": "id", "op": "eq", "value": id}])
    page = open_page("#/tasks")
    page.get_by_text("Conditions", exact=True).click()
    page.get_by_label("Column").select_option("taskLabel")
    page.get_by_label("Operator").select_option("in")
    page.get_by_label("Value").fill('["Apples, pears"')
    page.get_by_role("button", name="Apply").click()
    assert "must be a list in JSON" in page.get_by_label("Value").evaluate("e => e.validationMessage")
    page.get_by_label("Value").fill('["Apples, pears"]')
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="Apples, pears")).to_be_visible()
    expect(page.get_by_text("of 1", exact=False)).to_be_visible()
