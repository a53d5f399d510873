"""Makes the modules of this folder importable by name, as they are when run as commands."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
