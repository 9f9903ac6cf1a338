// Points that lie close together on the screen become one.

/** Web Mercator: x and y in [0, 1] of the whole map; the poles are cut off as in every such map. */
export function mercator(lat, lon) {
  const sine = Math.min(0.9999, Math.max(-0.9999, Math.sin((lat * Math.PI) / 180)));
  return [(lon + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

/**
 * points are { x, y, ... } as mercator gives them, scale the map's width in pixels. Points within about `reach` pixels
 * become one cluster { x, y, points } at their mean; box ({ left, top, right, bottom } of x and y) leaves out the others.
 */
export function clustersOf(points, scale, reach, box) {
  const cell = reach / scale;
  const cells = new Map();
  for (const point of points) {
    if (point.x < box.left || point.x > box.right || point.y < box.top || point.y > box.bottom) continue;
    const key = Math.floor(point.x / cell) * 67_108_864 + Math.floor(point.y / cell);
    const known = cells.get(key);
    if (known) known.push(point);
    else cells.set(key, [point]);
  }
  const found = [...cells.values()].map(joined).sort((a, b) => b.points.length - a.points.length);
  const kept = [];
  // The mean of a cell may lie beside that of its neighbour: the larger one takes the smaller one up.
  for (const one of found) {
    const near = kept.find((other) => Math.hypot(other.x - one.x, other.y - one.y) < 0.75 * cell);
    if (near) near.points.push(...one.points);
    else kept.push(one);
  }
  return kept;
}

function joined(points) {
  let [x, y] = [0, 0];
  for (const point of points) { x += point.x; y += point.y; }
  return { x: x / points.length, y: y / points.length, points: [...points] };
}
