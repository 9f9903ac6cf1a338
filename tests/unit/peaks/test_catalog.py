"""The catalogue of peaks, and its peaks."""

import pytest

from cumbre.errors import CatalogError, NotFound
from cumbre.peaks.catalog import Catalog, Peak

AMA_DABLAM = Peak("ama-dablam", 27.861213, 86.861468, 6812, ("Ama Dablam", "アマ・ダブラム"))
LHOTSE = Peak("lhotse", 27.961666, 86.933334, 8516, ("Lhotse",))


def test_a_catalog_is_a_mapping_in_the_order_given() -> None:
    catalog = Catalog([LHOTSE, AMA_DABLAM])
    assert list(catalog) == ["lhotse", "ama-dablam"]
    assert len(catalog) == 2
    assert catalog["lhotse"] is LHOTSE
    assert "pumori" not in catalog


def test_the_first_name_is_the_one_to_show() -> None:
    assert AMA_DABLAM.name == "Ama Dablam"


def test_coordinates_are_arrays_in_the_same_order() -> None:
    catalog = Catalog([LHOTSE, AMA_DABLAM])
    assert catalog.lats.tolist() == [27.961666, 27.861213]
    assert catalog.lons.tolist() == [86.933334, 86.861468]
    assert catalog.elevs_m.tolist() == [8516.0, 6812.0]


def test_an_empty_catalog_has_empty_arrays() -> None:
    assert Catalog([]).lats.shape == (0,)


def test_two_peaks_with_one_id_are_refused() -> None:
    with pytest.raises(CatalogError, match="'lhotse'; give one of them another id"):
        Catalog([LHOTSE, LHOTSE])


def test_an_unknown_peak_is_an_error_that_says_where_to_look() -> None:
    with pytest.raises(NotFound, match="cumbre peaks list"):
        Catalog([LHOTSE]).peak("pumori")
    assert Catalog([LHOTSE]).peak("lhotse") is LHOTSE
