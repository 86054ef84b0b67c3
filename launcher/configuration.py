"""Where this run keeps its things, read from the environment and `.env` before Django is set up."""

import os
from pathlib import Path

from gateway_project import env
from gateway_project.dotenv import read_dotenv

REPOSITORY = Path(__file__).resolve().parents[1]


def load_state_dir() -> Path:
    """Read `.env` into the environment and return the state folder, absolute, for child processes as well."""
    read_dotenv(REPOSITORY / ".env")
    state_dir = Path(env.text("GATEWAY_STATE_DIR", str(REPOSITORY / ".state"))).absolute()
    os.environ["GATEWAY_STATE_DIR"] = str(state_dir)
    return state_dir
