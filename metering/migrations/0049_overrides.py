import django.db.models.deletion
import django.utils.timezone
import metering.ids
from metering.migrations._triggers import tell_changes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0048_channels'),
    ]

    operations = [
        migrations.CreateModel(
            name='BudgetOverride',
            fields=[
                ('id', models.UUIDField(default=metering.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('override', 'override'), ('top_up', 'top-up')], default='override', max_length=8)),
                ('subject_id', models.CharField(blank=True, help_text="Whose counter is raised; null: everybody's of the tenant.", max_length=128, null=True)),
                ('amount', models.BigIntegerField(help_text="What is added, in the ledger's units.")),
                ('windows', models.PositiveSmallIntegerField(blank=True, help_text='The present one, and those that follow; null: until it is removed.', null=True)),
                ('starts_at', models.DateTimeField(help_text='When the window began in which it was made.')),
                ('ends_at', models.DateTimeField(blank=True, help_text='When its last window ends.', null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('reference', models.CharField(blank=True, help_text='Of a top-up: the invoice or payment.', max_length=64)),
                ('made_by', models.CharField(max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('removed_by', models.CharField(blank=True, max_length=254)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to='metering.budget')),
                ('tenant', models.ForeignKey(blank=True, help_text='Empty: tenants share what the budget counts.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budget_overrides', to='metering.tenant')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('removed_at', None)), fields=['budget', 'tenant'], name='override_standing'), models.Index(fields=['tenant', 'id'], name='override_tenant')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('amount__lte', 4611686018427387904)), name='override_amount_range', violation_error_message='An override adds more than nothing, and what the ledger can count.'), models.CheckConstraint(condition=models.Q(models.Q(('ends_at__isnull', True), ('windows__isnull', True)), models.Q(('ends_at__gt', models.F('starts_at')), ('ends_at__isnull', False), ('windows__gt', 0)), _connector='OR'), name='override_end', violation_error_message='An override for some windows has an end, any other has none.'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', True), ('removed_by', '')), ('removed_at__isnull', False), _connector='OR'), name='override_removed_when', violation_error_message='An override that somebody removed says when.'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'top_up'), _negated=True), models.Q(('windows__isnull', True), models.Q(('reference', ''), _negated=True)), _connector='OR'), name='top_up_has_reference', violation_error_message='A top-up has a reference and no end.'), models.UniqueConstraint(condition=models.Q(('kind', 'top_up'), ('removed_at', None)), fields=('budget', 'tenant', 'reference'), name='top_up_once', nulls_distinct=False, violation_error_message='There is a top-up with this reference.')],
            },
        ),
        tell_changes(
            'metering_budgetoverride', tenant='tenant_id', unread=('reason', 'reference', 'made_by', 'removed_by')
        ),
    ]
