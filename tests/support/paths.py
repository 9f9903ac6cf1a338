"""Paths of the checkout, the recorded events and the shared photos and models."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The top-level packages, which the wheel contains.
PACKAGES = ("cumbre", "functions", "bot", "local")
EVENTS = ROOT / "tests" / "events"
SHARED_PHOTOS = ROOT.parent / "shared" / "photos"
SHARED_MODELS = ROOT.parent / "shared" / "models"
