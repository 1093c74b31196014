"""Django's own commands, for those who develop Deskhand; people who run it type `deskhand`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deskhand.config.settings")
    execute_from_command_line(sys.argv)
