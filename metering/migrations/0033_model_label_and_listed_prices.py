from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0032_price_modifiers'),
    ]

    operations = [
        migrations.AddField(
            model_name='llmmodel',
            name='label',
            field=models.CharField(
                blank=True,
                default='',
                help_text='What people are shown, such as GPT-4o mini. Empty: its name.',
                max_length=100,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='modelprice',
            name='is_listed',
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Taken from the price list, whose changes it follows; any other is a person's.",
            ),
        ),
    ]
