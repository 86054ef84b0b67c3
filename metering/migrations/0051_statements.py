import django.contrib.postgres.fields
import django.db.models.deletion
import metering.ids
from django.conf import settings
from django.db import migrations, models

KEEP = """
CREATE FUNCTION metering_keep_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A statement stays as it was issued; a correction is on the next one.' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER metering_keep_statement BEFORE UPDATE OR DELETE ON metering_statement
    FOR EACH ROW EXECUTE FUNCTION metering_keep_statement();
"""
FORGET = "DROP TRIGGER metering_keep_statement ON metering_statement; DROP FUNCTION metering_keep_statement();"


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0050_quota_requests'),
    ]

    operations = [
        migrations.CreateModel(
            name='BillingProfile',
            fields=[
                ('tenant', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='billing', serialize=False, to='metering.tenant')),
                ('statements_to', models.CharField(choices=[('admins', 'All administrators'), ('person', 'One person'), ('nobody', 'Nobody')], default='admins', max_length=8)),
                ('customer_id', models.CharField(blank=True, help_text="Its name in billing systems, such as Stripe's cus_123.", max_length=100)),
            ],
            options={
                'ordering': ['tenant_id'],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.UUIDField(default=metering.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(editable=False, help_text="Of the tenant's statements, from 1.")),
                ('month', models.DateField(editable=False, help_text='Its first day.')),
                ('starts_at', models.DateTimeField(editable=False)),
                ('ends_at', models.DateTimeField(editable=False)),
                ('issued_at', models.DateTimeField(editable=False)),
                ('read_at', models.DateTimeField(editable=False, help_text="The database's clock when the books were read.")),
                ('seen', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), editable=False, help_text='Entries of the ledger that it has, recorded so shortly before that the next one may meet them.', size=None)),
                ('figures', models.TextField(editable=False, help_text='What it says, as JSON; amounts in nano-USD.')),
                ('digest', models.CharField(editable=False, help_text='SHA-256 of the figures.', max_length=64)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='billingprofile',
            name='recipient',
            field=models.ForeignKey(blank=True, help_text='The one person.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statement',
            name='tenant',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='metering.tenant'),
        ),
        migrations.AddConstraint(
            model_name='billingprofile',
            constraint=models.CheckConstraint(condition=models.Q(('statements_to__in', ['admins', 'person', 'nobody'])), name='billing_statements_to', violation_error_message='Statements go to administrators, one person or nobody.'),
        ),
        migrations.AddConstraint(
            model_name='billingprofile',
            constraint=models.UniqueConstraint(condition=models.Q(('customer_id', ''), _negated=True), fields=('customer_id',), name='billing_customer_once', violation_error_message='Another tenant has this customer id.'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('tenant', 'month'), name='statement_once', violation_error_message='The month has its statement.'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('tenant', 'number'), name='statement_number', violation_error_message='Another statement of the tenant has this number.'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='statement_period', violation_error_message="A statement's month ends after it begins."),
        ),
        migrations.RunSQL(sql=KEEP, reverse_sql=FORGET),
    ]
