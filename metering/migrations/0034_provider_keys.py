import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import metering.ids
from metering.migrations._triggers import tell_changes


class Migration(migrations.Migration):
    """The new column of the usage log has a default, so that its partitions are not rewritten."""

    dependencies = [
        ('metering', '0033_model_label_and_listed_prices'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderKey',
            fields=[
                ('id', models.UUIDField(default=metering.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('label', models.CharField(default='default', help_text='Tells keys of one owner apart.', max_length=64)),
                ('sealed', models.BinaryField(help_text='Encrypted with FIELD_ENCRYPTION_KEYS.')),
                ('last4', models.CharField(blank=True, editable=False, help_text='How the key ends.', max_length=4)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the key was set last.')),
                ('is_active', models.BooleanField(default=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='metering.provider')),
                ('tenant', models.ForeignKey(blank=True, help_text="Whose own key it is. Empty: the gateway's.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='provider_keys', to='metering.tenant')),
            ],
            options={
                'ordering': ['provider_id', 'label', 'id'],
                'constraints': [
                    models.UniqueConstraint(fields=('provider', 'tenant', 'label'), name='provider_key_once', nulls_distinct=False, violation_error_message='There is a key of this label already; set that one anew.'),
                    models.CheckConstraint(condition=models.Q(('label', ''), _negated=True), name='provider_key_label', violation_error_message='A key has a label.'),
                ],
            },
        ),
        migrations.AddField(
            model_name='usagelog',
            name='own_key',
            field=models.BooleanField(db_default=False, help_text="It went out with the tenant's own key, whom the vendor bills."),
        ),
        tell_changes('metering_providerkey', tenant='tenant_id'),
    ]
