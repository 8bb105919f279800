"""The demonstration geometry is what `data/draw.py` draws, and tiles exactly."""

import importlib.util
import json
import shutil

import pytest
import shapely

from tests.databases import COUNTY

LAYERS = ("county", "townships", "villages", "grids", "areas", "roads", "water")


def shapes(name):
    features = json.loads((COUNTY / f"{name}.geojson").read_text("utf-8"))["features"]
    return [shapely.geometry.shape(feature["geometry"]) for feature in features]


def test_drawing_again_gives_the_same_files(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("draw", COUNTY.parent / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = shutil.copytree(COUNTY, tmp_path / "fucheng")
    for layer in LAYERS:
        (folder / f"{layer}.geojson").unlink()
    module.draw(folder)
    changed = [layer for layer in LAYERS if (folder / f"{layer}.geojson").read_bytes() != (COUNTY / f"{layer}.geojson").read_bytes()]
    assert changed == []


@pytest.mark.parametrize("layer", ["townships", "villages", "grids", "areas"])
def test_neighbours_share_their_border_point_by_point(layer):
    assert shapely.coverage_is_valid(shapes(layer))


def test_townships_and_villages_cover_exactly_the_county():
    county = shapes("county")[0]
    for layer in ("townships", "villages"):
        assert shapely.coverage_union_all(shapes(layer)).equals(county)


def test_the_outline_is_the_published_one():
    published = json.loads((COUNTY / "source" / "outline.geojson").read_text("utf-8"))["features"][0]["geometry"]
    assert shapes("county")[0].hausdorff_distance(shapely.geometry.shape(published)) < 1e-6


def test_everything_drawn_says_that_it_is_a_demonstration():
    for layer in LAYERS[1:]:
        features = json.loads((COUNTY / f"{layer}.geojson").read_text("utf-8"))["features"]
        assert all(feature["properties"]["demonstration"] is True for feature in features), layer
