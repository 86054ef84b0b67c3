from django.db import migrations, models


class Migration(migrations.Migration):
    """Words only: no column changes."""

    dependencies = [
        ('metering', '0035_model_alias'),
    ]

    operations = [
        migrations.AlterField(
            model_name='usagelog',
            name='list_cost_nano_usd',
            field=models.BigIntegerField(blank=True, help_text='The cost before a markup; empty: there was none. Of an answer from the cache what it saved.', null=True),
        ),
        migrations.AlterField(
            model_name='usagelog',
            name='outcome',
            field=models.CharField(choices=[('ok', 'ok'), ('error', 'error'), ('timeout', 'timeout'), ('cut', 'cut'), ('cancelled', 'cancelled'), ('provisional', 'provisional'), ('cached', 'cached')], max_length=12),
        ),
    ]
