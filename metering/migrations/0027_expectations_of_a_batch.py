from django.db import migrations

CREATE = """
CREATE FUNCTION metering_expect(holds boolean, what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF holds THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION 'a batch expected other %', what USING ERRCODE = 'serialization_failure';
END
$$
"""
"""Fails a statement, and with it its transaction, whose expectation does not hold."""


class Migration(migrations.Migration):
    dependencies = [
        ('metering', '0026_amounts_of_every_row'),
    ]

    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION metering_expect(boolean, text)"),
    ]
