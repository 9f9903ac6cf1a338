"""Where the tests find what is not code: the checkout itself, and the shared material beside it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "tests" / "events"
SHARED_PHOTOS = ROOT.parent / "shared" / "photos"
SHARED_MODELS = ROOT.parent / "shared" / "models"
