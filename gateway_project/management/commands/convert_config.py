"""`manage.py convert_config FILE`"""

from argparse import ArgumentParser
from typing import Any

import yaml
from django.utils.timezone import now

from gateway_project.foreign_configs.convert import convert
from gateway_project.management.read_text import read_text
from metering.catalog.dump_catalog import as_yaml
from metering.errors import InvalidRequest
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Print the file of another gateway (the proxy mode, the proxy service, LiteLLM) as the YAML that load_catalog "
        "reads, and on standard error what became of its lines. Nothing is changed."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="'-' reads standard input.")

    def run(self, *, file: str, **_: Any) -> None:
        conversion = convert(read_text(file), at=now())
        if conversion is None:
            raise InvalidRequest(
                "This is no file of another gateway that is known here: its top keys are neither 'llmproxy' nor "
                "'model_list', nor 'providers' and 'models' of the proxy service. A file in our own form needs no "
                "conversion.",
                param="file",
            )
        text = as_yaml(conversion.document)
        if not self.as_json:
            self.stderr.write(f"Read as {conversion.format}:", lambda line: line)
            for note in conversion.notes:
                self.stderr.write(f"  {note}", lambda line: line)
        facts = {"format": conversion.format, "config": yaml.safe_load(text), "notes": conversion.notes}
        self.show(facts, text.rstrip("\n"))
