"""The numbers by which `init` decides what scans show. Shown in docs/estimation.md.

Those by which particles, circles and wires are found stand beside the search itself, in `detection`; those about sizes
in `sizes.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InspectionRules:
    """What decides about kind, shape, number and place of particles."""

    searched_scans: int = 8
    """Particles are looked for in at most this many scans, evenly spaced; all are read. Bounds the time."""
    wires_scans: int = 4
    """Wires are looked for in at most this many of them, evenly spaced. Bounds the time."""
    windows_per_scan: int = 2
    """Windows with enough whole particles that each scan should give; with fewer, fewer particles are asked for. Rule
    of thumb: fewer give too few patches to learn from."""
    sparse_share: float = 0.3
    """Particles that cover less than this fraction are sparse, so that the tail of the brightness tells them. Rule of
    thumb: at half of the area neither phase is the tail."""
    least_patch_px: int = 32
    """Patches are multiples of this, and at least as large [px]: the networks can halve them."""
    large_diameter_px: float = 55.0
    """Median diameter from which the preset of few large particles is nearer [px]: the geometric mean of those of the
    presets tio2-sem (29 px) and tio2-him (82 px), rounded."""
    fewest_meshes: int = 3
    """Least number of meshes. Rule of thumb: of fewer no two fields differ."""
    most_meshes: int = 120
    """Largest number of meshes. Bounds the time of rendering."""
    field_margin: float = 1.15
    """Particles lie in a region this many times as wide as the field, so that some are cut by its border. Rule of
    thumb."""
    wires_explain: float = 0.18
    """Wires that explain more of the particles' area than this fraction are what the scans show. Measured: sparse
    nanowires among larger markers 0.3, rims and texture of compact particles at most 0.06."""
    rims: float = 4.0
    """Outlined bodies that are so many times as wide as the ridges are no wires: the ridges are their rims. Between
    drawn heaps of rods (6) and drawn wires with bright rims (3)."""
    rimmed: float = 2.0
    """From this ratio on, ridges may be the rims of wires, and their width that of rims: a person should look."""
    wire_aspect: float = 9.0
    """Length over width of ridges below which outlined bodies are rods, not wires: rods are known up to this (`long
    rods` of the generalist's images), and can be measured one by one."""
    aligned: float = 0.5
    """Alignment (0 isotropic, 1 parallel) from which wires have a direction. Rule of thumb: directions that spread by
    54° to either side."""
    circles_supported: float = 0.75
    """Median part of the circumference on edges from which circles measure spheres better than a threshold does. Rule
    of thumb, held to emps-spheres-sem."""
    circles_least: int = 5
    """Circles below which they are not taken for the particles. Rule of thumb."""
    circles_round: float = 0.8
    """Median roundness of outlines from which circles may be the particles. Below that of spheres alone (`round`),
    since spheres that touch cut each other's outlines."""
    circles_explain: float = 0.6
    """Agglomerates whose area circles explain less than this fraction show no particles that could be told apart. Rule
    of thumb, held to nanocomposite-agglomerates-sem."""
    solid_pieces: float = 0.905
    """Median solidity of the watershed's pieces under which they are fragments rather than particles. Set between
    tio2-sem (particles) and nanocomposite-agglomerates-sem (fragments)."""
    apart: float = 0.2
    """Share of touching particles under which particles lie apart: neither circles, nor regions, nor depth matter. Rule
    of thumb."""
    touching: float = 0.4
    """Share of touching particles from which they are agglomerated. Rule of thumb."""
    dense: float = 0.6
    """Covered fraction from which particles are packed in layers. Rule of thumb: discs placed at random without overlap
    jam at 0.55."""
    fractal_slope: float = 1.5
    """Clusters whose mass grows with a lower power of the radius are branched. Chains have 1, compact ones in
    projection 2; halfway."""
    fractal_clusters: int = 8
    """Clusters that it takes to call them branched. Rule of thumb."""
    cluster_particles: int = 6
    """Particles of a cluster whose radius of gyration counts. Rule of thumb."""
    field_stride: float = 0.5
    """Fields lie this fraction of a field apart when particles are counted: each particle is in four."""
    near: float = 1.1
    """Circles touch if their centres are no farther apart than this many of the sum of their radii: a tenth for the
    error of both."""
    hiding: float = 0.85
    """Circles hide each other in part if their centres are nearer than this many of the sum of their radii. Rule of
    thumb: clearly less than touching."""
    usual_shade: float = 0.2
    """Spread of brightness within clusters, in units of the contrast, that speaks clearly for depth. Rule of thumb."""
    usual_hiding: float = 0.25
    """Share of circles that overlap another that speaks clearly for depth. Rule of thumb."""
    usual_cut: float = 0.4
    """Share of touching outlines cut in that speaks clearly for depth. Rule of thumb."""
    cut_solidity: float = 0.92
    """An outline of less solidity is cut in by another particle. Rule of thumb."""
    round: float = 0.88
    """Median roundness of spheres (pixels and noise take some); cubes seen from anywhere stay below."""
    rod_aspect: float = 1.9
    """Median aspect from which particles are rods: cuboids of a ratio up to 1.3 seen from anywhere stay below 1.6."""
    contour_part: float = 0.125
    """Width of the contour class, at most, as a part of the diameter that one particle in ten stays below: half of that
    particle's area is core then. With 4 px of 11 a network found half of the dots of a set in dark field."""
    convex: float = 0.9
    """Median solidity under which outlines are irregular, and from which they may be rods. Rule of thumb."""
    ellipse_filling: float = 0.99
    """Part of their ellipse of equal moments that ellipses fill; a rectangle fills 0.955, whatever its sides."""
    ellipse_solidity: float = 0.95
    """Median solidity of ellipses: pixels take some. Rule of thumb."""
    ellipse_aspect: float = 1.15
    """Median aspect under which ellipses are not told from spheres. Rule of thumb."""
    square: float = 0.08
    """Median fourth harmonic of outlines from which they are squares and rectangles. Measured by the generalist's
    outlines: cubes .104 and .106; real spheres, dots and drawn latex .010 to .019, TiO2 .035, powder .044, agglomerates
    .061."""
    square_rounding: tuple[float, float] = (0.1, 0.3)
    """Edge rounding of bodies with such outlines: crystals have sharp edges, optics soften them. Rule of thumb."""
    hexagonal: float = 0.03
    """Median sixth harmonic of outlines from which they are hexagons. Measured likewise: hexagonal plates .048, all
    others .009 to .027."""
    compact_aspect: float = 1.5
    """Longer outlines are not asked for corners: ellipses of this aspect have a fourth harmonic of 0.03."""
    least_cornered: int = 10
    """Outlines that it takes to tell corners. Rule of thumb."""
    box_growth: float = 2.0
    """By how much the largest ratio of two edges grows with the aspect that nine in ten outlines stay below. Computed:
    rounded boxes of ratios from 1 to 1.32, 1.69, 2.0 and 2.2, bent and dented as in the preset tio2-sem and seen from
    anywhere, stay below 1.28, 1.43, 1.55 and 1.63."""
    box_least: float = 1.05
    """Aspect that nine in ten outlines of cubes stay below: corners, dents and pixels make it so. Computed likewise."""
    box_cut: float = 0.6
    """Factor where outlines touch others, which cut them and make them longer. Measured: annotated particles of 16
    TiO2 scans stay below 1.60 standing alone, and below 2.23 together."""
    least_alone: int = 12
    """Particles that stand alone tell the shape if there are so many, since their whole outline is seen. Rule of
    thumb."""
    part_share: float = 0.1
    """Parts of an aggregate under this fraction of the median area are specks. Rule of thumb."""
    parts_least: int = 5
    """Aggregates of two or more parts that it takes to tell how many parts they have. Rule of thumb."""
    least_tails: float = 0.02
    """Least spread of the logarithm of sizes that is taken over from virtual sets. Rule of thumb: equal particles."""
    wide_interval: float = 2.0
    """Ratio of the ends of an interval of sizes or numbers from which a person should look. Rule of thumb."""
    varied: float = 2.0
    """Ratio of the usual sizes of scans from which they are probably of several magnifications. Rule of thumb."""


@dataclass(frozen=True)
class Confidences:
    """How certain a part of the proposal is said to be, from 0 (a guess) to 1.

    All are rules of thumb: they order the parts by how much they deserve a look, and are no probabilities.
    """

    look_below: float = 0.5
    """Parts with less are marked, so that a person looks at them."""
    lowest: float = 0.3
    """Of a measure at or below its doubtful value: not certain, but better than a guess."""
    highest: float = 0.95
    """Of a measure at or beyond its certain value: labels alone would be more."""
    wires_doubtful: float = 0.08
    """Explained area at which wires are doubtful: just above the 0.06 of rims."""
    wires_certain: float = 0.5
    """Explained area from which they are certain: more than anything else explains."""
    many_wires: int = 20
    """Wires from which their number takes nothing off the confidence; of none half is left."""
    wires_half: int = 10
    """Wires of which spread, number and direction are half certain: n / (n + this)."""
    particles_half: int = 15
    """Particles of which shape and sizes are half certain: n / (n + this)."""
    wires_crossing: tuple[float, float] = (0.6, 0.9)
    """That wires cross a field or have one direction: of few wires, of many."""
    wires_random: tuple[float, float] = (0.4, 0.8)
    """That wires lie anyhow: of few wires, of many. Less, since long ones may be seen in pieces."""
    stated: float = 0.95
    """Of the kind of image that a file states: detectors have been named wrongly before."""
    outlines: float = 0.9
    """Of outlines by a network that is sure of the scans."""
    circles: tuple[float, float] = (0.6, 0.95)
    """Support at which circles are doubtful, and certain."""
    pieces: tuple[float, float] = (0.8, 0.97)
    """Median solidity at which pieces of the watershed are doubtful, and certain."""
    layers: tuple[float, float] = (0.45, 0.85)
    """Covered fraction at which layers are doubtful, and certain."""
    touching: tuple[float, float] = (0.3, 0.8)
    """Share of touching particles at which agglomerates are doubtful, and certain."""
    from_touching: tuple[float, float] = (0.0, 0.4)
    """Distance of that share from its limit at which the kind of particles is doubtful, and certain."""
    at_limit: float = 0.5
    """Of rods and spheres just beyond the limit of their measure."""
    rod: float = 0.9
    """Of rods of any length: platelets seen from the side look alike."""
    rod_growth: float = 0.4
    """By which rods become more certain with each unit of aspect."""
    round_growth: float = 6.0
    """By which spheres become more certain with each unit of roundness: highest from 0.955."""
    width: float = 0.9
    """Factor for widths of wires: the profile at half its height depends on the blur."""
    rimmed: float = 0.4
    """Further factor for widths of ridges that may be rims: below `look_below` whatever the rest."""
    wire_number: float = 0.7
    """Factor for the number of wires: pieces of one wire may count as several."""
    wires_single: float = 0.9
    """That wires form no agglomerates."""
    wires_flat: float = 0.8
    """That wires lie flat on each other."""
    number: float = 0.8
    """Factor for the number of particles: touching ones may count as one."""
    number_in_depth: float = 0.7
    """Further factor where particles lie over each other, and hide some."""
    varied: float = 0.5
    """Factor for sizes that differ much between scans: perhaps of several magnifications."""
    crowded: float = 0.4
    """Factor for shape, sizes, number and places where particles seem to cover most of the scans: below `look_below`
    whatever the rest."""
    agglomerates: float = 0.7
    """Factor for the number of agglomerates in a field."""
    no_agglomerates: float = 0.8
    """That particles form none, where few touch."""
    no_direction: float = 0.5
    """Of a direction that nothing has: not shown."""
    regions: float = 0.6
    """That whole agglomerates are what counts, and lie at random: a way out, not a measurement."""
    fractal: float = 0.5
    """That clusters are branched: the power of few clusters is a weak sign."""
    circle_shape: float = 0.9
    """That outlines that fit circles are spheres: discs and short cones would, too."""
    none_whole: float = 0.2
    """Of a shape where no particle lies wholly in a scan."""
    not_alone: float = 0.75
    """Factor for shapes of particles that touch others, whose outlines are partly those of others."""
    cornered: float = 0.8
    """Of outlines with the corners of squares or hexagons, which nothing else has."""
    by_outline: float = 0.6
    """Of ellipsoids and cuboids: outlines tell the third axis only on average."""
    irregular: float = 0.5
    """Of irregular particles: noise makes outlines rough as well."""
    aggregate: float = 0.55
    """Of aggregates whose parts are roughly seen."""
    aggregate_unseen: float = 0.4
    """Of aggregates whose parts are not."""
    apart_flat: float = 0.85
    """That particles that lie apart lie in one plane."""
    regions_flat: float = 0.4
    """That agglomerates which count as particles lie side by side: nothing was measured."""
    depth_lowest: float = 0.35
    """Of 2-D or 3-D where the signs are divided."""
    depth_highest: float = 0.8
    """Of 2-D or 3-D where all signs agree: they are weak."""


@dataclass(frozen=True)
class ScaleRules:
    """When and how `init` proposes a `data.scale`."""

    too_large: float = 0.4
    """Particles do not fit if one in ten is larger than this fraction of a patch's edge: 102 of 256 px. Such a particle
    lies in full in a third of all windows, (1 - 0.4)², and no three do side by side, which `data.min_full_particles`
    asks for."""
    target: float = 0.25
    """What that tenth is brought to: more than half of all windows show such a particle in full, (1 - 0.25)²."""
    least_px: float = 6.0
    """No scale makes the smallest tenth of the particles smaller than this [px]: with a contour of 1 px on each side,
    less than half of a smaller one is left as its inside."""
    too_small_px: float = 8.0
    """Median diameter below which particles are too small to be told apart [px]: between two of them lie contours of
    2 px, blurred by about as much."""
    small_target_px: float = 12.0
    """What that median is brought to [px]. Rule of thumb: larger costs time, and shows no more."""
    most: float = 3.0
    """Largest scale: beyond it, nothing but the blur is enlarged."""
    worth_it: float = 0.85
    """A smaller scale is proposed only if it is below this: less changes little. Rule of thumb."""
    step: float = 0.05
    """Scales are multiples of this."""


@dataclass(frozen=True)
class LookRules:
    """What of measured arrangements does not hold in sections, and what takes its place."""

    disc_of_ball: float = 0.866
    """Median diameter of the discs that are cut of equal balls at random, over that of the balls: √3/2 (Wicksell)."""
    fewest_discs: int = 30
    """Discs from which balls are told by two moments: with fewer, the median alone counts."""
    least_spread: float = 0.05
    """Balls differ by this at least, as the standard deviation of the logarithm. Rule of thumb."""
    filling: float = 0.55
    """Share of the space that settled grains fill: loosely packed balls."""
    packed_radii: float = 4.5
    """How deep grains are packed [radii]: below and above the plane that cuts them lie others."""
    fewest: float = 0.7
    """Fewest grains, over the most: packings that leave some of the plane free. By looking."""
    most_grains: int = 500
    """More grains than this take too long to settle: smaller ones are cut beside empty space."""


RULES = InspectionRules()
SCALE = ScaleRules()
SURE = Confidences()
OF_LOOK = LookRules()
