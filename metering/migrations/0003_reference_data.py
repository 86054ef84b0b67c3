"""The tasks, their features and the model classes: fixed vocabulary that catalogs refer to."""

from django.db import migrations

FEATURES = [
    ("CHAT", "Chat"),
    ("PRIOR_ART", "Prior-art search"),
    ("DRAFTING", "Patent drafting"),
    ("DIAGRAMS", "Diagrams"),
]
TASKS = [
    ("LLM0_CHAT", "Chat", "CHAT"),
    ("LLM1_PRIOR_ART", "Prior-art search", "PRIOR_ART"),
    ("LLM2_DRAFT", "Patent drafting", "DRAFTING"),
    ("LLM3_DIAGRAM", "Diagrams", "DIAGRAMS"),
]
MODEL_CLASSES = [
    ("BASE_S", "Base, small", 1),
    ("BASE_M", "Base, medium", 2),
    ("PRO_M", "Professional, medium", 3),
    ("PRO_L", "Professional, large", 4),
    ("ADVANCED", "Advanced", 5),
]


def add(apps, schema_editor):
    feature, task, model_class = (
        apps.get_model("metering", name) for name in ("Feature", "Task", "ModelClass")
    )
    feature.objects.bulk_create(
        [feature(code=code, name=name) for code, name in FEATURES], ignore_conflicts=True
    )
    task.objects.bulk_create(
        [task(code=code, name=name, feature_id=needed) for code, name, needed in TASKS],
        ignore_conflicts=True,
    )
    model_class.objects.bulk_create(
        [model_class(code=code, name=name, rank=rank) for code, name, rank in MODEL_CLASSES],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("metering", "0002_partitioned_tables")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
