"""What the dashboard asks of people, and offers them, when the API has authentication."""

import re

import pytest
from playwright.sync_api import expect

from conftest import KEYS, LOOKS, Api, look_at

REFUSED = ["401"]  # browsers note it on the console


@pytest.fixture(scope="module")
def his():
    """A task of ben's, which has ended."""
    ben = Api(KEYS["ben"])
    id = ben.enqueue("csv.import", {"sample": True}, label="Ben's import")
    ben.await_(id, "completed")
    ben.await_listed(filters=[{"column": "id", "op": "eq", "value": id}])
    return id


def sign_in(page, key):
    page.get_by_label("API key or token").fill(key)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_shown_without_a_key(open_page, look):
    width, scheme = LOOKS[look]
    page = open_page(width=width, scheme=scheme, expected=REFUSED)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.locator("main").inner_text() == ""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()
    look_at(page, "sign-in", look)


def test_a_key_is_kept_in_its_tab_only(open_page):
    page = open_page(expected=REFUSED)
    for wrong in ("nonsense", "tq_0123456789abcdef_" + 64 * "0", "schlüssel \U0001f511"):
        sign_in(page, wrong)
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.evaluate("sessionStorage.length") == 0
    sign_in(page, KEYS["ana"])
    expect(page.get_by_text("ana (owner)")).to_be_visible()
    assert page.context.cookies() == []
    assert KEYS["ana"] not in page.evaluate("JSON.stringify(localStorage)")
    assert KEYS["ana"] not in page.url
    page.reload()
    expect(page.get_by_text("ana (owner)")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)

    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_who_is_refused_later_signs_in_again(open_page):
    page = open_page("#/queues", key=KEYS["olga"], expected=REFUSED)
    expect(page.get_by_role("link", name="imports")).to_be_visible()

    # As if the key had been revoked.
    page.route("**/api/v1/queues", lambda route: route.fulfill(status=401, content_type="application/problem+json", body='{"title":"no","status":401}'))
    expect(page.get_by_role("alert")).to_contain_text("does not accept this key any more")
    page.unroute("**/api/v1/queues")
    sign_in(page, KEYS["adam"])
    expect(page.get_by_text("adam (admin)")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_owners_see_their_own(open_page, his):
    page = open_page(key=KEYS["ana"], expected=["403", "404"])
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    table = page.get_by_role("table", name="Tasks")
    mine = Api(KEYS["ana"]).enqueue("csv.import", {"sample": True}, label="Ana's import")
    expect(table).to_contain_text("Ana's import")
    Api(KEYS["ben"]).enqueue("csv.import", {"sample": True}, label="Ben's other import", delay="20h")
    expect(page.get_by_role("link", name="Queues")).to_be_hidden()
    expect(page.get_by_role("link", name="Charts")).to_be_visible()

    def go(hash):
        page.goto(page.url.split("#")[0] + hash)

    go("#/tasks/" + mine)
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Completed")
    expect(page.get_by_role("region", name="Timeline")).not_to_contain_text(re.compile(r"worker \d+@"))
    expect(page.get_by_role("link", name="Open in Temporal")).to_have_count(0)
    go("#/tasks/" + his)
    expect(page.get_by_role("heading", name="There is no such task")).to_be_visible()
    go("#/queues")
    expect(page.get_by_role("alert")).to_contain_text("needs the role operator")
    go("#/charts")
    expect(page.get_by_role("img", name=re.compile("Throughput"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Waiting time"))).to_have_count(0)
    go("#/tasks")
    expect(table).to_contain_text("Ana's import")
    expect(table).not_to_contain_text("Ben")


def test_owners_enqueue_for_themselves(open_page):
    page = open_page("#/enqueue?action=csv.import", key=KEYS["ana"])
    page.get_by_label("Label").fill("Ana's own")
    page.get_by_label("sample").select_option("yes")
    page.get_by_text("More", exact=True).click()
    expect(page.get_by_label("Queue")).to_be_visible()
    expect(page.get_by_label("Owner")).to_have_count(0)
    page.get_by_role("button", name="Enqueue", exact=True).click()
    expect(page.get_by_role("heading", name="Ana's own")).to_be_visible()
    expect(page.get_by_role("region", name="About")).to_contain_text("ana")


def test_operators_see_all_and_admins_pause(open_page, his):
    page = open_page(key=KEYS["olga"])
    expect(page.get_by_role("table", name="Tasks")).to_contain_text("Ben's import")
    page.get_by_role("link", name="Queues").click()
    expect(page.get_by_role("link", name="imports")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pause"))).to_have_count(0)

    page = open_page("#/queues", key=KEYS["adam"])
    page.get_by_role("button", name="Pause the queue imports").click()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="imports").first).to_contain_text("Paused")
    page.get_by_role("button", name="Resume the queue imports").click()
    expect(page.get_by_role("button", name="Pause the queue imports")).to_be_visible()
