"""Who is told of a tenant's statements; for super admins also what billing systems call the tenant."""

from typing import Any

from django import forms

from metering.models import BillingProfile, Tenant, User


class BillingForm(forms.Form):
    statements_to = forms.ChoiceField(
        choices=BillingProfile.Recipients.choices,
        label="Statements are mailed to",
        help_text="On the first day of the next month, with a link to the statement.",
    )
    recipient = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        label="Which person",
        help_text="Where it is one person, who may then read the statements, a member too.",
    )
    customer_id = forms.CharField(
        max_length=100,
        required=False,
        label="Customer id",
        help_text="What billing systems call this tenant, such as Stripe's cus_123. Usage is exported under it.",
    )

    def __init__(self, *args: Any, tenant: Tenant, is_operators: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(tenant=tenant, is_active=True).order_by("email")
        field = self.fields["recipient"]
        field.queryset = people  # type: ignore[attr-defined]
        field.label_from_instance = lambda user: user.email  # type: ignore[attr-defined]
        if not is_operators:
            del self.fields["customer_id"]
