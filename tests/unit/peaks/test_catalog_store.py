"""The stored catalogue: bundled peaks, imported peaks and reference photos."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cumbre.errors import CatalogError, NotFound
from cumbre.peaks.catalog import Peak
from cumbre.peaks.catalog_store import CatalogStore
from cumbre.state.sqlite import SqliteStateStore

MULHACEN = Peak("mulhacen", 37.0534, -3.3114, 3479.0, ("Mulhacén",), "Sierra Nevada", "Spain")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteStateStore]:
    store = SqliteStateStore(tmp_path / "state.sqlite")
    yield store
    store.close()


def test_the_bundled_peaks_are_there_from_the_start(state: SqliteStateStore) -> None:
    assert "ama-dablam" in CatalogStore(state).catalog()


def test_imported_peaks_are_added_to_the_bundled_ones_and_stored(state: SqliteStateStore) -> None:
    count = CatalogStore(state).import_peaks([MULHACEN])
    assert (count.added, count.changed, count.unchanged) == (1, 0, 0)
    again = CatalogStore(state)
    assert again.catalog()["mulhacen"] == MULHACEN
    assert again.import_peaks([MULHACEN]).unchanged == 1


def test_an_import_replaces_a_peak_with_the_same_id(state: SqliteStateStore) -> None:
    store = CatalogStore(state)
    before = len(store.catalog())
    moved = Peak("ama-dablam", 27.8612, 86.8612, 6814.0, ("Ama Dablam",))
    assert store.import_peaks([moved]).changed == 1
    assert store.catalog()["ama-dablam"].elev_m == 6814.0
    assert len(store.catalog()) == before


def test_a_known_summit_imported_under_another_id_keeps_its_id_and_gains_names(state: SqliteStateStore) -> None:
    store = CatalogStore(state)
    from_a_map = Peak("q333836", 27.8620, 86.8610, 6812.0, ("Amā Dablam", "Mother's Necklace"))
    assert store.import_peaks([from_a_map]).changed == 1
    assert "q333836" not in store.catalog()
    assert store.catalog()["ama-dablam"].names[0] == "Ama Dablam"
    assert "Mother's Necklace" in store.catalog()["ama-dablam"].names
    elsewhere = Peak("ama-dablam-hill", 47.0, 8.0, 900.0, ("Ama Dablam",))
    assert store.import_peaks([elsewhere]).added == 1


def test_an_import_can_be_undone(state: SqliteStateStore) -> None:
    store = CatalogStore(state)
    moved = Peak("ama-dablam", 27.8612, 86.8612, 6900.0, ("Ama Dablam",))
    store.import_peaks([MULHACEN, moved])
    store.remove_peak("mulhacen")
    store.remove_peak("ama-dablam")
    assert "mulhacen" not in store.catalog()
    assert store.catalog()["ama-dablam"].elev_m == 6812.0
    with pytest.raises(CatalogError, match="bundled"):
        store.remove_peak("ama-dablam")
    with pytest.raises(NotFound):
        store.remove_peak("mulhacen")


def test_another_process_sees_an_import(state: SqliteStateStore) -> None:
    reader, writer = CatalogStore(state), CatalogStore(state)
    revision = reader.revision()
    assert "mulhacen" not in reader.catalog()
    writer.import_peaks([MULHACEN])
    assert "mulhacen" in reader.catalog()
    assert reader.revision() != revision


def test_references_are_replaced_and_removed(state: SqliteStateStore) -> None:
    store = CatalogStore(state)
    store.set_references("ama-dablam", [b"one", b"two"])
    assert sorted(store.references("ama-dablam")) == [b"one", b"two"]
    assert store.references("ama") == []
    store.set_references("ama-dablam", [b"three"])
    assert store.references("ama-dablam") == [b"three"]
    store.set_references("ama-dablam", [])
    assert store.references("ama-dablam") == []


def test_references_have_a_limit_and_need_a_peak(state: SqliteStateStore) -> None:
    with pytest.raises(CatalogError):
        CatalogStore(state).set_references("ama-dablam", [b"1", b"2", b"3", b"4"])
    with pytest.raises(NotFound):
        CatalogStore(state).set_references("olympus-mons", [b"1"])
