"""The docs page that a night publishes, opened like an analyst does: by its link, in a real browser.

Run by `make test-docs-site`, not by `make test`: it needs a Chromium, which no Python package provides.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from localaws_support.browser import FLAGS, chromium
from playwright.sync_api import Page, Route, expect, sync_playwright

from orchestration.cli.summary import docs_link
from orchestration.settings import REPOSITORY_ROOT
from tests.support.pipeline import Pipeline

pytestmark = pytest.mark.browser

PROJECT = "wistia_analytics"
MARTS_FOLDER = REPOSITORY_ROOT / "models" / "marts"


class Site:
    """The docs page in a browser, and its requests to anything but the bucket."""

    def __init__(self, page: Page, link: str) -> None:
        self.page, self._link = page, link
        self._bucket = link.split("?", maxsplit=1)[0].removesuffix("docs/index.html")
        self.strangers: list[str] = []
        page.route("**/*", self._only_the_bucket)

    def _only_the_bucket(self, route: Route) -> None:
        # dbt's page also requests icons whose names are unfilled placeholders, from its own folder: harmless.
        if route.request.url.startswith((self._bucket, "data:", "blob:")):
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def open(self, place: str) -> Page:
        """Show a place of the site, such as ``!/overview``."""
        self.page.goto("about:blank")
        self.page.goto(f"{self._link}#{place}")
        return self.page

    def model(self, name: str) -> Page:
        """Show the page of a model."""
        return self.open(f"!/model/model.{PROJECT}.{name}")


@pytest.fixture(scope="module")
def site(pipeline: Pipeline) -> Iterator[Site]:
    """The docs page of the newest night."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        yield Site(page, docs_link(pipeline.cloud))
        browser.close()


def marts() -> dict[str, dict[str, Any]]:
    """Return the declarations of the marts by name."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(MARTS_FOLDER.glob("*.yml"))]
    return {model["name"]: model for file in files for model in file.get("models", [])}


@pytest.mark.parametrize("name", marts())
def test_a_mart_shows_its_description_its_owner_and_every_column(site: Site, name: str) -> None:
    declared = marts()[name]
    page = site.model(name)

    expect(page.get_by_role("heading", name=name).first).to_be_visible()
    first_words = " ".join(declared["description"].split()[:4])
    expect(page.locator(".model-markdown").first).to_contain_text(first_words)
    rows = page.locator("tr.column-row")
    expect(rows).to_have_count(len(declared["columns"]))
    shown = [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in rows.all()]
    assert [cells[0] for cells in shown] == [column["name"] for column in declared["columns"]]
    assert [cells for cells in shown if not cells[1] or not cells[2]] == []


def test_the_overview_tells_a_newcomer_where_to_start(site: Site) -> None:
    page = site.open("!/overview")

    expect(page.get_by_role("heading", name="Wistia video analytics")).to_be_visible()
    expect(page.get_by_role("heading", name="Where to start")).to_be_visible()
    expect(page.get_by_role("heading", name="How to query")).to_be_visible()
    page.get_by_role("link", name="fact_media_retention").click()
    expect(page.get_by_role("heading", name="fact_media_retention").first).to_be_visible()


def test_the_search_finds_a_mart_by_a_word_of_its_columns(site: Site) -> None:
    page = site.open("!/overview")
    page.get_by_placeholder("Search for models").fill("rewatches")

    found = page.locator(".search-result").filter(has_text="fact_media_retention")
    found.first.click()

    expect(page.get_by_role("heading", name="fact_media_retention").first).to_be_visible()


def test_the_lineage_shows_what_a_mart_is_made_of(site: Site) -> None:
    page = site.model("fact_media_engagement")
    page.locator(".launcher-btn a").first.click()

    expect(page.locator(".launcher canvas").first).to_be_visible()
    drawn = page.evaluate(
        """() => angular.element(document.querySelector('[graph-viz]')).scope()
            .graph.elements.filter(element => element.group === 'nodes').map(node => node.data.id)"""
    )
    made_of = ("dim_media", "fact_events", "stg_wistia__media_daily_stats")
    assert {f"model.{PROJECT}.{name}" for name in made_of} <= set(drawn)


def test_the_page_needs_no_server_but_the_bucket(site: Site) -> None:
    site.open("!/overview").wait_for_load_state("networkidle")

    assert site.strangers == []
