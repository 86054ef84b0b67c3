from django.db import migrations, models
from django.db.models.functions import Now

KEEP = """
CREATE FUNCTION metering_price_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- What was charged by the price that is gone was charged by another one than is in force.
        UPDATE metering_modelprice SET changed_at = now() WHERE model_id = OLD.model_id;
        RETURN NULL;
    END IF;
    NEW.changed_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER metering_price_changed BEFORE UPDATE ON metering_modelprice FOR EACH ROW
    WHEN (to_jsonb(OLD) - 'changed_at' - 'is_listed' IS DISTINCT FROM to_jsonb(NEW) - 'changed_at' - 'is_listed')
    EXECUTE FUNCTION metering_price_changed();
CREATE TRIGGER metering_price_gone AFTER DELETE ON metering_modelprice FOR EACH ROW
    EXECUTE FUNCTION metering_price_changed();
"""
FORGET = """
DROP TRIGGER metering_price_gone ON metering_modelprice;
DROP TRIGGER metering_price_changed ON metering_modelprice;
DROP FUNCTION metering_price_changed();
"""


class Migration(migrations.Migration):
    """When each price was last changed: calls from before were charged by another one."""

    dependencies = [("metering", "0039_invitations")]

    operations = [
        migrations.AddField(
            model_name="modelprice",
            name="changed_at",
            field=models.DateTimeField(db_default=Now(), editable=False),
        ),
        migrations.RunSQL(
            "UPDATE metering_modelprice SET changed_at = effective_from",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
