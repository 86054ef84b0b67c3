"""Prices with their history and the list's diff; vendors with their state and a button that asks them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from metering.models import AuditEvent, LLMModel, ModelPrice, Provider
from tests.factories import ModelFactory, PriceFactory, ProviderFactory
from tests.integration.admin_console import rows
from tests.integration.admin_console.test_every_page import messages_of
from tests.integration.admin_console.visible import visible

HISTORY = "/admin/prices/sandbox-small/"


class TestPrices:
    def test_the_list_has_one_line_a_model_with_the_price_in_force(self, console: Client) -> None:
        rows.catalog()
        rows.price(LLMModel.objects.get(), effective_from=now() + timedelta(days=1), input=9)
        [row] = console.get(reverse("admin:prices")).context["table"].rows
        assert [cell.text for cell in row.cells[:5]] == [
            "sandbox-small",
            "sandbox",
            "$0.50",
            "$2.00",
            "$0.10",
        ]

    def test_a_models_prices_stand_over_time_with_who_set_them(self, console: Client) -> None:
        rows.catalog()
        assert console.post(HISTORY, {"input": "$3", "output": "12"}).status_code == 302
        later = now() + timedelta(days=2)
        console.post(HISTORY, {"input": "4", "output": "16", "effective_from": f"{later:%Y-%m-%dT%H:%M}"})
        found = console.get(HISTORY).context["table"].rows
        assert [(row.cells[1].text, row.cells[0].tag, row.cells[-1].text) for row in found] == [
            ("$4.00", "to come", "ops@example.com"),
            ("$3.00", "in force", "ops@example.com"),
            ("$0.50", "", "a person"),
        ]
        assert AuditEvent.objects.filter(action="modelprice.added").count() == 2

    @pytest.mark.parametrize(
        ("form", "sentence"),
        [
            ({"input": "1,5", "output": "1"}, "may mean two amounts"),
            ({"input": "$1", "output": ""}, "This field is required."),
            ({"input": "1", "output": "1", "effective_from": "2020-01-01T00:00"}, "cannot begin in the past"),
            ({"input": "1", "output": "1", "modifiers-tier_name_0": "flex"}, "times: This is needed"),
        ],
    )
    def test_a_price_that_cannot_be_is_refused_in_a_sentence(
        self, console: Client, form: dict[str, str], sentence: str
    ) -> None:
        rows.catalog()
        assert sentence in console.post(HISTORY, form).content.decode()
        assert ModelPrice.objects.count() == 1


class TestThePriceList:
    @pytest.fixture
    def priced(self, db: None) -> None:
        provider = ProviderFactory(
            name="openai", kind="openai_compatible", base_url="https://api.openai.com/v1"
        )
        for name in ("gpt-4o", "gpt-4o-mini"):
            model = ModelFactory(name=name, provider=provider, physical_name=name)
            PriceFactory(model=model, input=1, output=1, is_listed=name == "gpt-4o")

    def test_its_differences_are_shown_and_nothing_is_changed(self, console: Client, priced: None) -> None:
        page = console.get(reverse("admin:prices_import"))
        changes = {change.model: change for change in page.context["changes"]}
        assert changes["gpt-4o"].is_own is False
        assert changes["gpt-4o-mini"].is_own is True
        amounts = {amount.label: amount for amount in changes["gpt-4o"].amounts}
        assert (amounts["Input"].old, amounts["Input"].new, amounts["Input"].moved) == (
            "$1.00",
            "$2.50",
            "▲ 150.0 %",
        )
        assert "{" not in visible(page.content.decode())
        assert ModelPrice.objects.count() == 2

    def test_what_is_ticked_is_taken_and_nothing_else(self, console: Client, priced: None) -> None:
        console.post(reverse("admin:prices_import"), {"model": ["gpt-4o"]})
        assert ModelPrice.objects.filter(model="gpt-4o").latest("effective_from").input == Decimal("2.5")
        assert ModelPrice.objects.filter(model="gpt-4o-mini").count() == 1

    def test_a_persons_price_is_replaced_where_it_is_ticked(self, console: Client, priced: None) -> None:
        console.post(reverse("admin:prices_import"), {"model": ["gpt-4o-mini"]})
        assert ModelPrice.objects.filter(model="gpt-4o-mini").latest("effective_from").is_listed

    def test_nothing_ticked_takes_nothing(self, console: Client, priced: None) -> None:
        assert "No price was taken." in messages_of(console.post(reverse("admin:prices_import")))
        assert ModelPrice.objects.count() == 2


class TestVendors:
    def test_the_page_says_whether_the_key_is_there_and_how_calls_ended(
        self, console: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ODD_API_KEY", "sk-hunter2")
        rows.everything()
        ProviderFactory(
            name="odd", kind="openai_compatible", base_url="https://odd.example/v1", api_key_env="ODD_API_KEY"
        )
        ProviderFactory(
            name="bare",
            kind="openai_compatible",
            base_url="https://bare.example/v1",
            api_key_env="BARE_API_KEY",
        )
        page = console.get(reverse("admin:vendors"))
        lines = {line.name: line for line in page.context["lines"]}
        assert lines["odd"].key == "present"
        assert lines["bare"].key == "BARE_API_KEY is not set"
        assert lines["sandbox"].reach == "100.0\xa0% of 1 calls answered"
        assert lines["sandbox"].models == "1"
        assert "hunter2" not in page.content.decode()

    def test_a_vendor_that_answers_is_said_to(self, console: Client) -> None:
        rows.catalog()
        done = console.post(reverse("admin:vendor_test", args=("sandbox",)))
        assert messages_of(done).startswith("sandbox answers and accepts its key")

    def test_a_vendor_that_does_not_is_said_to_without_its_key(
        self, console: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ODD_API_KEY", "sk-hunter2")
        ProviderFactory(
            name="odd", kind="openai_compatible", base_url="http://127.0.0.1:9/v1", api_key_env="ODD_API_KEY"
        )
        said = messages_of(console.post(reverse("admin:vendor_test", args=("odd",))))
        assert said.startswith("odd was asked: ")
        assert "hunter2" not in said

    def test_a_vendor_without_its_key_is_not_asked(self, console: Client) -> None:
        ProviderFactory(
            name="bare",
            kind="openai_compatible",
            base_url="http://127.0.0.1:9/v1",
            api_key_env="BARE_API_KEY",
        )
        said = messages_of(console.post(reverse("admin:vendor_test", args=("bare",))))
        assert said == "bare was not asked: BARE_API_KEY is not set."

    def test_one_that_is_switched_off_or_not_there(self, console: Client) -> None:
        Provider.objects.create(name="off", kind="sandbox", is_active=False)
        assert "switched off" in messages_of(console.post(reverse("admin:vendor_test", args=("off",))))
        assert console.post(reverse("admin:vendor_test", args=("none",))).status_code == 404
        assert console.get(reverse("admin:vendor_test", args=("off",))).status_code == 405

    def test_what_a_vendor_cost_this_month_is_the_reports_figure(self, console: Client) -> None:
        rows.everything()
        [line] = console.get(reverse("admin:vendors")).context["lines"]
        page = console.get(reverse("admin:vendors")).content.decode()
        assert line.spent == "<$0.01"
        assert "provider=sandbox" in page
