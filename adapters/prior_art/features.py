"""Which services a plan opens: patent databases and academic search are features of their own."""

ACADEMIC_SEARCH = "ACADEMIC_SEARCH"
PATENT_DATABASES = "PATENT_DATABASES"
