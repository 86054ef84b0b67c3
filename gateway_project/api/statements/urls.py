"""Routes of statements."""

from django.urls import path

from gateway_project.api.statements.statements import OneStatement, StatementFile, Statements

urlpatterns = [
    path("statements", Statements.as_view(), name="statements"),
    path("statements/<uuid:pk>", OneStatement.as_view(), name="statement"),
    *(
        path(
            f"statements/<uuid:pk>/{form}", StatementFile.as_view(), {"form": form}, name=f"statement-{form}"
        )
        for form in ("pdf", "csv", "html")
    ),
]
