"""Paths of the checkout, the recorded events and the shared photos and models."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "tests" / "events"
SHARED_PHOTOS = ROOT.parent / "shared" / "photos"
SHARED_MODELS = ROOT.parent / "shared" / "models"
