import django.db.models.deletion
import metering.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0016_marks_of_attempts'),
    ]

    operations = [
        migrations.CreateModel(
            name='VendorAlert',
            fields=[
                ('id', models.UUIDField(default=metering.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('impossible_usage', 'Impossible Usage')], default='impossible_usage', max_length=32)),
                ('provider_name', models.CharField(max_length=64)),
                ('model', models.CharField(blank=True, help_text='That answered. Empty: too many to tell apart.', max_length=128)),
                ('day', models.DateField(help_text='In UTC.')),
                ('reservation_id', models.UUIDField(help_text='Of the first call.')),
                ('tenant_id', models.UUIDField(help_text='Of the first call.')),
                ('reported', models.CharField(blank=True, help_text='By the vendor, of the first call.', max_length=1000)),
                ('input_tokens', models.BigIntegerField(help_text='That the first call was charged instead.')),
                ('output_tokens', models.BigIntegerField(help_text='That the first call was charged instead.')),
                ('cost_nano_usd', models.BigIntegerField(help_text='That the first call was charged instead.')),
                ('times_seen', models.BigIntegerField(help_text='Calls.')),
                ('last_seen_at', models.DateTimeField(help_text='When the last of these calls was recorded.')),
                ('raised_at', models.DateTimeField()),
                ('addressed_at', models.DateTimeField(help_text='When its recipients were looked up.', null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='alertdelivery',
            name='delivery_of_one',
        ),
        migrations.AddIndex(
            model_name='usagelog',
            index=models.Index(condition=models.Q(('estimate_reason', 'impossible')), fields=['recorded_at'], name='usagelog_impossible'),
        ),
        migrations.AddField(
            model_name='vendoralert',
            name='acknowledged_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='alertdelivery',
            name='vendor_alert',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='metering.vendoralert'),
        ),
        migrations.AddConstraint(
            model_name='alertdelivery',
            constraint=models.UniqueConstraint(fields=('vendor_alert', 'channel', 'recipient'), name='vendor_delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='alertdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('password_reset__isnull', True), ('vendor_alert__isnull', True)), models.Q(('alert__isnull', True), ('password_reset__isnull', True), ('vendor_alert__isnull', False)), models.Q(('alert__isnull', True), ('password_reset__isnull', False), ('vendor_alert__isnull', True)), _connector='OR'), name='delivery_of_one'),
        ),
        migrations.AddIndex(
            model_name='vendoralert',
            index=models.Index(fields=['last_seen_at'], name='vendor_alert_last_seen'),
        ),
        migrations.AddIndex(
            model_name='vendoralert',
            index=models.Index(condition=models.Q(('addressed_at__isnull', True)), fields=['id'], name='vendor_alert_unaddressed'),
        ),
        migrations.AddConstraint(
            model_name='vendoralert',
            constraint=models.UniqueConstraint(fields=('kind', 'provider_name', 'model', 'day'), name='vendor_alert_once'),
        ),
        migrations.AddConstraint(
            model_name='vendoralert',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'impossible_usage')), name='vendor_alert_kind'),
        ),
        migrations.AddConstraint(
            model_name='vendoralert',
            constraint=models.CheckConstraint(condition=models.Q(('times_seen__gt', 0)), name='vendor_alert_seen'),
        ),
        migrations.AddConstraint(
            model_name='vendoralert',
            constraint=models.CheckConstraint(condition=models.Q(('acknowledged_by__isnull', True), ('acknowledged_at__isnull', False), _connector='OR'), name='vendor_alert_acknowledged_when'),
        ),
    ]
