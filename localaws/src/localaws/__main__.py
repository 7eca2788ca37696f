"""``python -m localaws`` is ``localaws``."""

from localaws.cli import app

if __name__ == "__main__":
    app(prog_name="localaws")
