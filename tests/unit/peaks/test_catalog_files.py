"""Reading peaks from YAML, CSV and GeoJSON files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from cumbre.errors import CatalogError
from cumbre.peaks import catalog_files
from cumbre.peaks.catalog import Peak
from cumbre.peaks.catalog_files import CatalogFile, bundled_catalog, read_peaks
from cumbre.peaks.geojson import parse_elevation_m

AMA_DABLAM = Peak("ama-dablam", 27.861213, 86.861468, 6812.0, ("Ama Dablam", "Amadablam"), "Khumbu", "Nepal")
AMA_DABLAM_YAML = """\
peaks:
  - id: ama-dablam
    name: Ama Dablam
    aliases: [Amadablam]
    lat: 27.861213
    lon: 86.861468
    elev_m: 6812
    region: Khumbu
    country: Nepal
"""


Read = Callable[[str, str | bytes], CatalogFile]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes a file with a name and a content, and reads the peaks in it."""

    def write_and_read(name: str, content: str | bytes) -> CatalogFile:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_peaks(path)

    return write_and_read


def feature(
    tags: Mapping[str, object], coordinates: object = (86.861468, 27.861213), **more: object
) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"natural": "peak", **tags},
        "geometry": {"type": "Point", "coordinates": coordinates},
        **more,
    }


def geojson(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


class TestBundled:
    def test_the_peaks_of_the_khumbu_are_bundled(self) -> None:
        catalog = bundled_catalog()
        assert len(catalog) == 25
        assert catalog["mount-everest"].name == "Mount Everest"
        assert catalog["mount-everest"].elev_m == 8849

    def test_border_peaks_have_two_countries(self) -> None:
        countries = {peak_id: peak.country for peak_id, peak in bundled_catalog().items()}
        assert countries["pumori"] == "Nepal/China"
        assert countries["ama-dablam"] == "Nepal"

    def test_every_peak_has_a_region_and_no_name_twice(self) -> None:
        for peak in bundled_catalog().values():
            assert peak.region == "Khumbu, Himalaya"
            assert len(set(peak.names)) == len(peak.names)


class TestYaml:
    def test_a_peak_is_read_with_all_its_keys(self, read: Read) -> None:
        assert read("peaks.yaml", AMA_DABLAM_YAML) == CatalogFile((AMA_DABLAM,))

    def test_aliases_region_and_country_may_be_left_out(self, read: Read) -> None:
        found = read("peaks.yml", "peaks: [{id: k2, name: K2, lat: 35.8825, lon: 76.5133, elev_m: 8611}]")
        assert found.peaks == (Peak("k2", 35.8825, 76.5133, 8611.0, ("K2",)),)

    def test_a_key_given_twice_is_refused(self, read: Read) -> None:
        text = AMA_DABLAM_YAML.replace("lat: 27.861213", "lat: 27.861213\n    lat: 28")
        with pytest.raises(CatalogError, match=r"line \d+: the key 'lat' appears twice; remove one of them"):
            read("peaks.yaml", text)

    def test_equal_keys_of_different_peaks_and_equal_list_items_are_allowed(self, read: Read) -> None:
        peak = "{id: %s, name: %s, aliases: [lat, lat], lat: 27, lon: 86, elev_m: 5000}"
        assert len(read("peaks.yaml", f"peaks: [{peak % ('a', 'A')}, {peak % ('b', 'B')}]").peaks) == 2

    def test_a_name_given_twice_is_kept_once(self, read: Read) -> None:
        text = AMA_DABLAM_YAML.replace("[Amadablam]", "[Amadablam, ' Ama Dablam ', Amadablam]")
        assert read("peaks.yaml", text).peaks == (AMA_DABLAM,)

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("lat: 27.861213", "lat: 97.9", "lat is 97.9; it must lie between -90 and 90"),
            ("lat: 27.861213", "lat: 86.9", "lat is 86.9, where there is no land"),
            ("lat: 27.861213", "lat: .nan", "lat is nan"),
            ("lon: 86.861468", "lon: .inf", "lon is inf"),
            ("lon: 86.861468", "lon: '86.861468'", "lon is '86.861468'; write a number"),
            ("lon: 86.861468", "lon: true", "lon is True; write a number"),
            ("lon: 86.861468", "lon: [86]", "lon is a list"),
            ("lon: 86.861468", f"lon: {'9' * 400}", "a number of more than 20 digits"),
            ("elev_m: 6812", "elev_m: 22349", "between -500 and 9000"),
            ("    elev_m: 6812\n", "", "elev_m is missing"),
            ("id: ama-dablam", "id: Ama Dablam", "at most 100 characters a-z, 0-9 and hyphens"),
            ("id: ama-dablam", f"id: {'a' * 101}", "at most 100"),
            ("id: ama-dablam", "id: 12", "id is 12"),
            ("name: Ama Dablam", "name: ''", "no letters or digits"),
            ("name: Ama Dablam", "name: no", "a name is False; write text, in quotes"),
            ("name: Ama Dablam", r'name: "Ama\tDablam"', "control character"),
            ("name: Ama Dablam", r'name: "Ama \u202eDablam"', "control character"),
            ("name: Ama Dablam", f"name: {'x' * 201}", "201 characters"),
            ("    name: Ama Dablam\n", "", "the name is missing"),
            ("aliases: [Amadablam]", "aliases: Amadablam", "aliases must be a list"),
            ("aliases: [Amadablam]", "alias: [Amadablam]", "unknown key 'alias'"),
            ("region: Khumbu", "region: [Khumbu]", "region is a list"),
        ],
    )
    def test_an_error_names_file_entry_and_remedy(self, read: Read, old: str, new: str, reason: str) -> None:
        assert old in AMA_DABLAM_YAML
        with pytest.raises(CatalogError) as caught:
            read("mine.yaml", AMA_DABLAM_YAML.replace(old, new))
        assert str(caught.value).startswith("mine.yaml, peak 1")
        assert reason in str(caught.value)

    def test_coordinates_of_0_0_are_refused(self, read: Read) -> None:
        text = AMA_DABLAM_YAML.replace("27.861213", "0").replace("86.861468", "0.0")
        with pytest.raises(CatalogError, match="open sea"):
            read("peaks.yaml", text)

    def test_an_id_that_is_taken_is_refused(self, read: Read) -> None:
        with pytest.raises(CatalogError, match=r"peak 2 .*'ama-dablam' is taken \(peak 1"):
            read("peaks.yaml", AMA_DABLAM_YAML + AMA_DABLAM_YAML.removeprefix("peaks:\n"))

    def test_anchors_are_refused_before_they_expand(self, read: Read) -> None:
        bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\npeaks: [*c]\n"
        with pytest.raises(CatalogError, match="line 1: YAML anchors and aliases"):
            read("peaks.yaml", bomb)

    @pytest.mark.parametrize("depth", [9, 100_000])
    def test_deep_nesting_is_refused_before_it_recurses(self, read: Read, depth: int) -> None:
        with pytest.raises(CatalogError, match="line 1: nested too deep"):
            read("peaks.yaml", "peaks: " + "[" * depth)

    def test_python_objects_are_not_constructed(self, read: Read) -> None:
        with pytest.raises(CatalogError, match="is not valid YAML"):
            read("peaks.yaml", "peaks: !!python/object/apply:os.getcwd []")

    @pytest.mark.parametrize("text", ["", "[]", "peaks: 3", "peaks:\n", "- a\n- b"])
    def test_a_file_without_a_list_of_peaks_is_refused(self, read: Read, text: str) -> None:
        with pytest.raises(CatalogError, match='start with "peaks:"'):
            read("peaks.yaml", text)

    @pytest.mark.parametrize("text", ["peaks: [", "peaks: 2024-99-99", "peaks: \x00", "a: b: c", "{[]: 1}"])
    def test_invalid_yaml_is_refused(self, read: Read, text: str) -> None:
        with pytest.raises(CatalogError, match="is not valid YAML"):
            read("peaks.yaml", text)

    def test_an_entry_that_is_not_a_mapping_is_refused(self, read: Read) -> None:
        with pytest.raises(CatalogError, match="peak 1: must be a list entry"):
            read("peaks.yaml", "peaks: [Ama Dablam]")

    def test_written_peaks_are_read_back(self, read: Read) -> None:
        entries = [
            {**{key: getattr(p, key) for key in ("id", "lat", "lon", "elev_m", "region", "country")}, "name": p.name}
            | {"aliases": list(p.names[1:])}
            for p in bundled_catalog().values()
        ]
        text = yaml.safe_dump({"peaks": entries}, allow_unicode=True)
        assert read("copy.yaml", text).peaks == tuple(bundled_catalog().values())


class TestCsv:
    def test_names_are_separated_by_bars(self, read: Read) -> None:
        text = "id,lat,lon,elev_m,names,region,country\n"
        text += "ama-dablam,27.861213,86.861468,6812,Ama Dablam|Amadablam,Khumbu,Nepal\n\n"
        assert read("peaks.csv", text).peaks == (AMA_DABLAM,)

    def test_a_spreadsheet_with_semicolons_decimal_commas_and_a_byte_order_mark_is_read(self, read: Read) -> None:
        text = "\ufeffName;Aliases;Latitude;Longitude;Elevation;Region;Country\r\n"
        text += "Ama Dablam;Amadablam;27,861213;86,861468;6812 m;Khumbu;Nepal\r\n"
        assert read("peaks.csv", text).peaks == (AMA_DABLAM,)

    def test_without_ids_the_names_give_unique_ones(self, read: Read) -> None:
        text = "name,lat,lon,elev_m\nSnow Dome,52.2,-117.3,3456\nSnow Dome,53.1,-117.9,3100\n雪山,1,2,3\n"
        assert [peak.id for peak in read("peaks.csv", text).peaks] == ["snow-dome", "snow-dome-2", "peak-2"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("ama-dablam,27.8,86.8,6812,Ama Dablam\n", "line 1: the header lacks lat, lon, elev_m"),
            ("id,lat,lon,elev_m\na,1,2,3\n", "line 1: the header lacks names"),
            ("id,lat,latitude,lon,elev_m,name\n", "line 1: two columns of the header have the same meaning"),
            ("id,lat,lon,elev_m,names\na,27.8,86.8,6812\n", "line 2: has 4 cells where the header has 5"),
            ("id,lat,lon,elev_m,names\na,north,86.8,6812,Ama\n", "line 2: lat is 'north'"),
            ("id,lat,lon,elev_m,names\na,1,2,high,Ama\n", "line 2: elev_m is 'high'"),
            ("id,lat,lon,elev_m,names\na,1,2,3,|\n", "line 2: there is no name"),
            ("id,lat,lon,elev_m,names\n,1,2,3,Ama\n", "line 2: the id '' can't be used"),
            ('id,lat,lon,elev_m,names\na,1,2,3,"Ama\n', "not valid CSV"),
            ("id,lat,lon,elev_m,names\na,1,2,3,A\na,1,2,3,B\n", r"line 3: the id 'a' is taken \(line 2\)"),
            ("id,lat,lon,elev_m,names\n", "no usable peak"),
            ("", "the header lacks"),
        ],
    )
    def test_an_error_names_the_line(self, read: Read, text: str, reason: str) -> None:
        with pytest.raises(CatalogError, match=f"^peaks.csv.*{reason}"):
            read("peaks.csv", text)


class TestGeoJson:
    def test_a_peak_from_openstreetmap_is_read_with_all_its_names(self, read: Read) -> None:
        tags = {
            "name": "आमा दब्लम",
            "name:en": "Ama Dablam",
            "name:ja": "アマ・ダブラム",
            "alt_name": "Amadablam; Ama Dablan",
            "int_name": "Ama Dablam",
            "ele": "6812",
            "wikidata": "Q464350",
        }
        (peak,) = read("export.geojson", geojson(feature(tags))).peaks
        assert peak.id == "q464350"
        assert peak.names == ("Ama Dablam", "आमा दब्लम", "アマ・ダブラム", "Amadablam", "Ama Dablan")
        assert (peak.lat, peak.lon, peak.elev_m) == (27.861213, 86.861468, 6812.0)

    def test_tags_may_be_nested(self, read: Read) -> None:
        nested = feature({"tags": {"name": "Ama Dablam", "ele": "6812"}, "id": 7})
        assert read("export.json", geojson(nested)).peaks[0].name == "Ama Dablam"

    def test_two_names_in_one_tag_are_also_separate_names(self, read: Read) -> None:
        (peak,) = read("alps.geojson", geojson(feature({"name": "Matterhorn - Cervino", "ele": "4478"}))).peaks
        assert peak.names == ("Matterhorn - Cervino", "Matterhorn", "Cervino")

    def test_ids_are_unique_even_if_the_file_repeats_them(self, read: Read) -> None:
        twins = [
            feature({"@id": "node/1", "name": "Snow Dome", "ele": "3456"}),
            feature({"name": "Snow Dome", "ele": "3100"}, id="node/2"),
            feature({"name": "Snow Dome", "ele": "3000"}),
            feature({"name": "Snow Dome", "ele": "2900"}),
            feature({"name": "雪山", "ele": 2800}),
            feature({"name": "Other", "ele": 2800, "@id": "node/1"}),
            feature({"name": "Other", "ele": 2800, "@id": "node/1"}),
        ]
        ids = [peak.id for peak in read("export.geojson", geojson(*twins)).peaks]
        assert ids == ["node-1", "node-2", "snow-dome", "snow-dome-2", "peak-2", "other"]

    def test_a_feature_that_appears_twice_is_one_peak(self, read: Read) -> None:
        twice = feature({"@id": "node/1", "name": "Snow Dome", "ele": "3456"})
        found = read("export.geojson", geojson(twice, twice))
        assert len(found.peaks) == 1
        assert found.skipped == ("feature 2 ('Snow Dome'): is a duplicate of feature 1",)

    def test_unusable_features_are_skipped_and_reported(self, read: Read) -> None:
        good = feature({"name": "Ama Dablam", "ele": "6812"})
        bad = [
            feature({"ele": "6812"}),
            feature({"name": "Pumori"}),
            feature({"name": "Pumori", "ele": "very high"}),
            feature({"name": "Pumori", "ele": "99999"}),
            feature({"name": "Pumori", "ele": True}),
            feature({"name": "Pumori", "ele": "7165"}, [86.8]),
            feature({"name": "Pumori", "ele": "7165"}, ["86.8", "28.0"]),
            feature({"name": "Cho La", "ele": "5420", "natural": "saddle"}),
            {**good, "geometry": {"type": "Polygon", "coordinates": []}},
            {**good, "geometry": None},
            {"type": "Feature", "properties": None, "geometry": None},
            "feature",
        ]
        found = read("export.geojson", geojson(good, *bad))
        assert [peak.name for peak in found.peaks] == ["Ama Dablam"]
        assert len(found.skipped) == len(bad)
        assert found.skipped[0] == "feature 2: has no name"
        assert found.skipped[1] == "feature 3 ('Pumori'): has no elevation (ele)"
        assert "'very high' is not a number of metres or feet" in found.skipped[2]
        assert "natural='saddle' is not a peak" in found.skipped[7]
        assert "is not a point" in found.skipped[8]

    def test_a_file_without_any_usable_peak_is_an_error(self, read: Read) -> None:
        with pytest.raises(CatalogError, match="no usable peak in it; the first of 1 skipped: feature 1: has no name"):
            read("export.geojson", geojson(feature({"ele": "1"})))

    @pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "NULL"])
    def test_invalid_json_is_refused(self, read: Read, text: str) -> None:
        with pytest.raises(CatalogError, match="is not valid JSON"):
            read("export.geojson", text)

    @pytest.mark.parametrize("text", ["[]", "3", '{"features": {}}', '{"type": "Feature"}'])
    def test_a_file_that_is_not_a_feature_collection_is_refused(self, read: Read, text: str) -> None:
        with pytest.raises(CatalogError, match="FeatureCollection"):
            read("export.geojson", text)

    @pytest.mark.parametrize(
        ("text", "metres"),
        [
            ("6812", 6812),
            ("6812.5", 6812.5),
            ("6812,5", 6812.5),
            ("6812 m", 6812),
            ("6812m", 6812),
            ("6,812", 6812),
            ("-413", -413),
            ("22349 ft", 6811.9752),
            ("22,349 ft", 6811.9752),
            ("22349'", 6811.9752),
            ("~6812", None),
            ("6812;6814", None),
            ("1e3", None),
            ("", None),
            ("9" * 50, None),
        ],
    )
    def test_elevations_are_read_as_people_write_them(self, text: str, metres: float | None) -> None:
        assert parse_elevation_m(text) == (None if metres is None else pytest.approx(metres))


class TestFiles:
    def test_an_unknown_file_type_is_refused(self, read: Read) -> None:
        with pytest.raises(CatalogError, match=r"use \.yaml, \.yml, \.csv, \.geojson, \.json"):
            read("peaks.kml", "<kml/>")

    def test_a_missing_file_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogError, match="check the path"):
            read_peaks(tmp_path / "missing.yaml")

    @pytest.mark.parametrize("name", ["peaks.yaml", "peaks.csv", "peaks.geojson"])
    def test_text_that_is_not_utf_8_is_refused(self, read: Read, name: str) -> None:
        with pytest.raises(CatalogError, match="is not UTF-8"):
            read(name, "größer".encode("latin-1"))

    def test_a_file_that_is_too_large_is_refused(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalog_files, "MAX_FILE_BYTES", len(AMA_DABLAM_YAML) - 1)
        with pytest.raises(CatalogError, match="larger than"):
            read("peaks.yaml", AMA_DABLAM_YAML)

    def test_too_many_peaks_are_refused(self, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalog_files, "MAX_PEAKS", 1)
        with pytest.raises(CatalogError, match="line 3: more than 1 peak;"):
            read("peaks.csv", "name,lat,lon,elev_m\nA,1,2,3\nB,1,2,3\n")
        with pytest.raises(CatalogError, match="more than 1 features"):
            read("peaks.geojson", geojson({}, {}))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["type", "properties", "geometry", "coordinates", "name", "ele", "tags", "natural"]
                    ),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=12,
        )
    )
    @example({"properties": {"natural": []}})
    def test_no_json_makes_the_reader_fail(self, value: object) -> None:
        document = json.dumps({"features": [value, feature({"name": "Ama Dablam", "ele": "6812"})]})
        found = catalog_files._parsed(document.encode(), "fuzz.geojson", catalog_files._read_geojson)
        assert found.peaks[-1].name == "Ama Dablam"
        assert len(found.peaks) + len(found.skipped) == 2
