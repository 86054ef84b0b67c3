"""`python -m gateway_client.cli`, which is what `llm-gateway` runs."""

import sys

from gateway_client.cli.main import main

sys.exit(main())
