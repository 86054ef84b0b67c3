from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0030_drafts'),
    ]

    operations = [
        migrations.AddField(
            model_name='taskdraft',
            name='held_by',
            field=models.UUIDField(
                editable=False, help_text='The reservation of the last request that worked on it.', null=True
            ),
        ),
    ]
