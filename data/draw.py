"""Draw a county's demonstration geometry: townships, villages, grids, patrol areas, roads and water.

    python data/draw.py data/fucheng

No public geometry exists for anything below the county outline, so this invents one that behaves like the real thing:
every level tiles the level above exactly. All borders are cut into one set of lines first, rounded once to 1e-6 degrees,
and every zone is a union of the faces between those lines; neighbours therefore share their border point by point.
The same seed gives the same files. Every feature carries "demonstration": true, except the outline (source/outline.geojson).
"""
import csv
import json
import math
import random
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon
from shapely.ops import linemerge, polygonize, unary_union

LATITUDE = 37.9                          # metres per degree are taken here; plenty for an invention
METRE_X, METRE_Y = 111_320 * math.cos(math.radians(LATITUDE)), 110_996.0


def metres(geometry):
    return shapely.transform(geometry, lambda points: points * (METRE_X, METRE_Y))


def degrees(geometry):
    return shapely.transform(geometry, lambda points: np.round(points / (METRE_X, METRE_Y), 6))


def at(lon, lat):
    return Point(lon * METRE_X, lat * METRE_Y)


def wobble(line, chance, share=0.11, depth=2):
    """The line with every segment bent by midpoint displacement, at most `share` of its length to a side."""
    points = list(line.coords)
    for _ in range(depth):
        bent = points[:1]
        for (x0, y0), (x1, y1) in pairwise(points):
            shift = chance.uniform(-share, share)
            bent += [((x0 + x1) / 2 - (y1 - y0) * shift, (y0 + y1) / 2 + (x1 - x0) * shift), (x1, y1)]
        points = bent
    return LineString(points)


def lattice(seat, chance):
    """Crossings of the seat's streets: crossing[row][column], rows from north to south."""
    centre, width, height = at(*seat["centre"]), sum(seat["columns"]), sum(seat["rows"])
    xs = np.concatenate([[0], np.cumsum(seat["columns"])]) + centre.x - width / 2
    ys = centre.y + height / 2 - np.concatenate([[0], np.cumsum(seat["rows"])])
    slope = 0.02                         # the town is not laid out exactly to the compass
    return [[(x + (y - centre.y) * slope + chance.uniform(-22, 22), y - (x - centre.x) * slope + chance.uniform(-22, 22))
             for x in xs] for y in ys]


def spread(region, count, rng):
    """`count` sites spread over the region, evened out a little (Lloyd), as villages on a plain are."""
    low_x, low_y, high_x, high_y = region.bounds
    sites = []
    while len(sites) < count:
        point = Point(rng.uniform(low_x, high_x), rng.uniform(low_y, high_y))
        if region.contains(point):
            sites.append(point)
    for _ in range(4):
        moved = []
        for cell in shapely.voronoi_polygons(MultiPoint(sites), extend_to=region.envelope).geoms:
            inside = cell.intersection(region)
            centre = inside.centroid
            moved.append(centre if inside.contains(centre) else inside.representative_point())
        sites = moved
    return sites


def share_out(sites, centres, quotas):
    """Give each township its number of sites: a power diagram whose weights grow where villages are missing."""
    xy = np.array([(s.x, s.y) for s in sites])
    squared = ((xy[:, None, :] - np.array([(c.x, c.y) for c in centres])[None]) ** 2).sum(axis=2)
    weights, step = np.zeros(len(centres)), 4e4
    for round_ in range(20_000):
        owner = (squared - weights).argmin(axis=1)
        missing = np.array(quotas) - np.bincount(owner, minlength=len(centres))
        if not missing.any():
            return owner
        weights += missing * step * (0.9997 ** round_)
    raise SystemExit("draw: no exact share-out found; try another seed")


def hilbert(point, box, order=7):
    """Position of the point along a Hilbert curve over the box: neighbours in number are neighbours in place."""
    side, where = 1 << order, 0
    x = min(side - 1, int((point.x - box[0]) / (box[2] - box[0]) * side))
    y = min(side - 1, int((point.y - box[1]) / (box[3] - box[1]) * side))
    half = side >> 1
    while half:
        right, upper = int(bool(x & half)), int(bool(y & half))
        where += half * half * ((3 * right) ^ upper)
        if not upper:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        half >>= 1
    return where


def dissolve(faces):
    return shapely.coverage_union_all(faces)


def join_pieces(faces, sites):
    """One face per site: leftover pieces go to the neighbour that they share the longest border with."""
    tree = shapely.STRtree(sites)
    owned, loose = {}, []
    for face in faces:
        inside = tree.query(face, predicate="contains")
        if len(inside) == 1:
            owned[int(inside[0])] = [face]
        elif len(inside) == 0:
            loose.append(face)
        else:
            raise SystemExit("draw: two villages in one face; try another seed")
    if len(owned) != len(sites):
        raise SystemExit("draw: a village without land; try another seed")
    while loose:
        face = loose.pop(0)
        shared = {k: sum(face.intersection(part).length for part in parts if part.intersects(face)) for k, parts in owned.items()}
        best = max(shared, key=shared.get)
        (owned[best] if shared[best] else loose).append(face)
    return [dissolve([degrees(part) for part in owned[k]]) for k in range(len(sites))]


def polygon(shape):
    """The shape as GeoJSON, outer ring counter-clockwise (RFC 7946), coordinates with six decimals."""
    if shape.geom_type != "Polygon":
        raise SystemExit(f"draw: a zone fell apart ({shape.geom_type}); try another seed")
    return shapely.geometry.mapping(shapely.orient_polygons(shape))


def write(path, features):
    """One feature a line, so that a change shows as a line."""
    lines = [json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}, ensure_ascii=False,
                        separators=(",", ":")) for properties, geometry in features]
    path.write_text('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"{path}: {len(lines)} features, {path.stat().st_size // 1024} KB")


def seat_lines(seat, chance):
    """Street segments of the seat as (name, line), and the number of the block at a point."""
    cross = lattice(seat, chance)
    rows, columns = len(seat["rows"]), len(seat["columns"])
    streets = [(seat["roads"][r], wobble(LineString(cross[r][c:c + 2]), chance, 0.02, 1)) for r in range(rows + 1) for c in range(columns)]
    streets += [(seat["streets"][c], wobble(LineString([cross[r][c], cross[r + 1][c]]), chance, 0.02, 1))
                for c in range(columns + 1) for r in range(rows)]
    corners = {r * columns + c + 1: Polygon([cross[r][c], cross[r][c + 1], cross[r + 1][c + 1], cross[r + 1][c]])
               for r in range(rows) for c in range(columns)}
    return streets, corners


def number_sites(sites, owner, townships, outside, founded, box):
    """Village code of each site: numbered along a curve, the first village (the township's namesake) in the middle."""
    codes, middle_of = {}, {}
    for k, town in enumerate(townships):
        mine = [i for i in range(len(sites)) if owner[i] == k]
        middle = MultiPoint([sites[i] for i in mine]).centroid
        mine.sort(key=lambda i: hilbert(sites[i], box))
        if town not in founded:
            first = min(mine, key=lambda i: sites[i].distance(middle))
            mine.remove(first)
            mine.insert(0, first)
        codes.update(zip(mine, outside[town], strict=True))
        middle_of[town] = sites[mine[0]]
    return [codes[i] for i in range(len(sites))], middle_of


def line_of(course):
    return LineString([at(lon, lat).coords[0] for lon, lat in course])


def draw_zones(plan, divisions, outline, chance, rng):
    """Faces in degrees: grids by number, villages by code; and the middle of each township in metres."""
    townships, seat = plan["townships"], plan["seat"]
    streets, corners = seat_lines(seat, chance)
    seat_shape = unary_union(list(polygonize(unary_union([line for _, line in streets]))))
    region = outline.difference(seat_shape)
    outside = {town: [code for code, row in divisions.items() if row["parent_code"] == town and code not in seat["communities"]]
               for town in townships}
    sites = spread(region, sum(map(len, outside.values())), rng)
    owner = share_out(sites, [at(*townships[town]) for town in townships], [len(outside[town]) for town in townships])
    founded = {code[:9] for code in seat["communities"]}
    codes, middle_of = number_sites(sites, owner, townships, outside, founded, outline.bounds)
    middle_of |= dict.fromkeys(founded, seat_shape.centroid)

    edges = shapely.voronoi_polygons(MultiPoint(sites), extend_to=region.envelope, only_edges=True)
    bent = [wobble(LineString(pair), chance) for edge in edges.geoms for pair in pairwise(edge.coords)]
    core = seat_shape.buffer(-5)         # borders run a little past the outline and the seat's edge, so that they surely meet
    lines = [outline.exterior, *(line for _, line in streets), *(line.difference(core) for line in bent)]
    faces = list(polygonize(unary_union(lines)))
    grids, rest = {}, []
    for face in faces:
        inside = face.representative_point()
        if seat_shape.contains(inside):
            grids[min(corners, key=lambda n: corners[n].distance(inside))] = degrees(face)
        elif outline.contains(inside):
            rest.append(face)
    villages = dict(zip(codes, join_pieces(rest, sites), strict=True))
    for code, numbers in seat["communities"].items():
        villages[code] = dissolve([grids[n] for n in numbers])
    return grids, villages, streets, middle_of


def quarter(villages):
    """Codes of the villages in four groups of equal number: west and east halves, each cut into north and south."""
    middle = {code: shape.centroid for code, shape in villages.items()}
    by_x = sorted(villages, key=lambda code: middle[code].x)
    groups = []
    for half in (by_x[:len(by_x) // 2], by_x[len(by_x) // 2:]):
        by_y = sorted(half, key=lambda code: -middle[code].y)
        groups += [by_y[:len(by_y) // 2], by_y[len(by_y) // 2:]]
    return groups


def draw_roads(plan, streets, middle_of, outline, chance):
    """Streets of the seat as whole lines, and roads between the middles of townships, which begin at the seat's edge."""
    seat_shape = unary_union(list(polygonize(unary_union([line for _, line in streets]))))
    for name in plan["seat"]["roads"] + plan["seat"]["streets"]:
        yield {"name": name, "kind": "street"}, linemerge([line for n, line in streets if n == name])
    for road in plan["roads"]:
        line = line_of(road["course"]) if "course" in road else LineString([middle_of[town] for town in road["through"]])
        line = wobble(line, chance, 0.06, 4).intersection(outline)
        yield {"name": road["name"], "kind": road["kind"]}, line.difference(seat_shape)


def draw(folder):
    plan = tomllib.loads((folder / "drawing.toml").read_text(encoding="utf-8"))
    chance, rng = random.Random(plan["seed"]), np.random.default_rng(plan["seed"])
    with (folder / "source/divisions.csv").open(encoding="utf-8") as file:
        divisions = {row["code"]: row for row in csv.DictReader(file)}
    source = json.loads((folder / "source/outline.geojson").read_text(encoding="utf-8"))
    outline = metres(shapely.geometry.shape(source["features"][0]["geometry"]))
    grids, villages, streets, middle_of = draw_zones(plan, divisions, outline, chance, rng)
    towns = {town: dissolve([shape for code, shape in villages.items() if code[:9] == town]) for town in plan["townships"]}

    county = plan["county"]
    write(folder / "county.geojson", [(
        {"code": county, "name": divisions[county]["name"], "name_en": plan["name_en"], "kind": "county", "parent": "",
         "source": source["features"][0]["properties"]["source"], "demonstration": False}, polygon(dissolve(list(towns.values()))))])
    write(folder / "townships.geojson", [(
        {"code": town, "name": divisions[town]["name"], "kind": "township", "parent": county,
         "demonstration": True}, polygon(shape)) for town, shape in towns.items()])
    write(folder / "villages.geojson", [(
        {"code": code, "name": short_name(divisions[code]["name"]), "kind": "village", "parent": code[:9],
         "seat": code in plan["seat"]["communities"], "demonstration": True}, polygon(villages[code])) for code in sorted(villages)])
    write(folder / "grids.geojson", grid_features(plan["seat"], grids))
    write(folder / "areas.geojson", area_features(plan["areas"], villages))
    write(folder / "roads.geojson", [(
        {**properties, "demonstration": True}, shapely.geometry.mapping(degrees(line)))
        for properties, line in draw_roads(plan, streets, middle_of, outline, chance)])
    write(folder / "water.geojson", [(
        {"name": river["name"], "kind": "water", "demonstration": True},
        shapely.geometry.mapping(degrees(wobble(line_of(river["course"]), chance, 0.08, 4).intersection(outline))))
        for river in plan["water"]])


def short_name(name):
    """古城村村民委员会 → 古城村, 绳王居民委员会 → 绳王居委会."""
    return name.removesuffix("村民委员会").replace("居民委员会", "居委会")


def grid_features(seat, grids):
    """15-digit codes: 12 of the community, then the serial in reading order (west to east, north to south)."""
    columns = len(seat["columns"])
    for community, numbers in sorted(seat["communities"].items()):
        for serial, number in enumerate(sorted(numbers), 1):
            row, column = divmod(number - 1, columns)
            roads, streets = seat["roads"][row:row + 2], seat["streets"][column:column + 2]
            yield ({"code": f"{community}{serial:03}", "name": f"第{number}网格", "kind": "grid",
                    "parent": community, "no": f"{number:02}", "bounds": f"{roads[0]}—{roads[1]}，{streets[0]}—{streets[1]}", "seat": True,
                    "demonstration": True}, polygon(grids[number]))


def area_features(areas, villages):
    for town, names in areas.items():
        groups = quarter({code: shape for code, shape in villages.items() if code[:9] == town})
        for n, (name, codes) in enumerate(zip(names, groups, strict=True), 1):
            yield ({"code": f"{town}P{n}", "name": name, "kind": "area", "parent": town,
                    "demonstration": True}, polygon(dissolve([villages[code] for code in codes])))


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
