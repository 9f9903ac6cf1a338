"""The timeline: it shows when photos were taken, and filters them by date."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_every_day_has_a_bar(page: Page) -> None:
    expect(page.locator(".time-bar")).to_have_count(5)
    expect(page.locator("#time-ends")).to_have_text("1 Oct 20235 Oct 2023")
    expect(page.locator(".time-bar").nth(2).locator("title")).to_have_text("3 Oct 2023: 1 photo")


def test_dragging_over_days_filters_and_the_chip_removes_the_filter(page: Page) -> None:
    box = page.locator("#time-bars").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 20, steps=3)
    page.mouse.up()
    expect(page.locator(".tile")).to_have_count(2)
    assert "from=2023-10-03&to=2023-10-04" in page.url
    expect(page.locator(".time-bar.dimmed")).to_have_count(3)
    expect(page.get_by_role("heading", name="Matching photos")).to_be_visible()
    page.get_by_role("button", name="Remove filter: 3 Oct 2023 – 4 Oct 2023").click()
    expect(page.locator(".tile")).to_have_count(5)


def test_a_click_selects_a_day_and_a_second_click_clears_it(page: Page) -> None:
    bars = page.locator("#time-bars")
    bars.click(position={"x": 5, "y": 20})
    expect(page.locator(".tile")).to_have_count(1)
    assert "from=2023-10-01&to=2023-10-01" in page.url
    bars.click(position={"x": 5, "y": 20})
    expect(page.locator(".tile")).to_have_count(5)


def test_dates_can_be_entered_in_any_order(page: Page) -> None:
    page.get_by_label("From").fill("2023-10-05")
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_label("To", exact=True).fill("2023-10-04")
    expect(page.locator(".tile")).to_have_count(2)
    assert "from=2023-10-04&to=2023-10-05" in page.url
    page.reload()
    expect(page.get_by_label("From")).to_have_value("2023-10-04")
    expect(page.locator(".tile")).to_have_count(2)


def test_the_bars_show_only_photos_of_the_selected_peaks(page: Page) -> None:
    page.locator(".peak", has_text="Ama Dablam").click()
    expect(page.locator(".time-bar")).to_have_count(2)


def test_an_empty_date_range_offers_a_search_without_filters(page: Page) -> None:
    page.get_by_label("To", exact=True).fill("2001-01-01")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    page.get_by_role("button", name="Search without filters").click()
    expect(page.locator(".tile")).to_have_count(5)


@pytest.mark.parametrize(
    ("days", "unit", "spans"), [(1, "day", 1), (44, "day", 44), (45, "week", 8), (400, "month", 15), (4000, "year", 12)]
)
def test_bars_cover_longer_periods_for_longer_time_ranges(scripts: Page, days: int, unit: str, spans: int) -> None:
    found = scripts.evaluate(
        """async (days) => {
            const { timeBins } = await import("/static/js/filters/time_bins.js");
            const start = Date.UTC(2023, 8, 30) / 1000;
            const { unit, bins } = timeBins(Array.from({ length: days }, (_, i) => start + 86400 * i), 44);
            const joined = bins.every((bin, i) => !i
                || Date.parse(bin.from) - Date.parse(bins[i - 1].to) === 86400000);
            return { unit, n: bins.length, photos: bins.reduce((sum, one) => sum + one.n, 0), joined };
        }""",
        days,
    )
    assert (found["unit"], found["n"], found["photos"], found["joined"]) == (unit, spans, days, True)


def type_tenth_of_october(page: Page, year: str = "2023") -> None:
    """Types 10/10: the digits are the same whether the browser puts the day or the month first."""
    page.locator("#to-day").click(position={"x": 8, "y": 12})
    page.keyboard.type(f"1010{year}")


def test_a_date_can_be_typed_digit_by_digit(page: Page) -> None:
    page.locator("#from-day").fill("2023-10-02")
    expect(page.locator(".tile")).to_have_count(4)
    steps = page.evaluate("history.length")
    type_tenth_of_october(page)
    page.wait_for_url("**/?from=2023-10-02&to=2023-10-10")
    expect(page.locator("#from-day")).to_have_value("2023-10-02")
    expect(page.locator("#to-day")).to_have_value("2023-10-10")
    page.keyboard.press("Tab")
    # The intermediate years 0002, 0020 and 0202 added no history entries.
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    page.wait_for_url("**/?from=2023-10-02")


def test_dates_typed_in_reverse_order_are_swapped_at_the_end(page: Page) -> None:
    page.locator("#from-day").fill("2023-10-12")
    type_tenth_of_october(page)
    expect(page.locator("#to-day")).to_have_value("2023-10-10")
    expect(page.locator("#from-day")).to_have_value("2023-10-12")
    page.keyboard.press("Enter")
    expect(page.locator("#from-day")).to_have_value("2023-10-10")
    expect(page.locator("#to-day")).to_have_value("2023-10-12")
    assert page.url.endswith("from=2023-10-10&to=2023-10-12")


def test_a_year_before_photography_is_reset(page: Page) -> None:
    page.locator("#to-day").fill("2023-10-04")
    expect(page.locator(".tile")).to_have_count(4)
    type_tenth_of_october(page, year="202")
    expect(page.locator("#to-day")).to_have_value("0202-10-10")
    page.locator("#words").focus()
    expect(page.locator("#to-day")).to_have_value("2023-10-10")
    assert page.url.endswith("?to=2023-10-10")
