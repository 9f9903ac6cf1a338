// Clustering of map points that are close together on the screen.

/**
 * Points at their mean, in the coordinates of mercator().
 * @template {{ x: number, y: number }} [Point={ x: number, y: number }]
 * @typedef {{ x: number, y: number, points: Point[] }} Cluster
 */

/**
 * Project to Web Mercator: x and y in [0, 1] of the whole map, clipped near the poles as usual.
 * @param {number} lat
 * @param {number} lon
 * @returns {[number, number]}
 */
export function mercator(lat, lon) {
  const sine = Math.min(0.9999, Math.max(-0.9999, Math.sin((lat * Math.PI) / 180)));
  return [(lon + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

/**
 * Group points within about `reach` pixels into clusters, the largest first.
 * @template {{ x: number, y: number }} Point
 * @param {Point[]} points in the coordinates of mercator()
 * @param {number} scale width of the whole map in pixels
 * @param {number} reach in pixels
 * @param {{ left: number, top: number, right: number, bottom: number }} box points outside of it are left out
 * @returns {Cluster<Point>[]}
 */
export function clusterPoints(points, scale, reach, box) {
  const cell = reach / scale;
  /** @type {Map<number, Point[]>} */
  const cells = new Map();
  for (const point of points) {
    if (point.x < box.left || point.x > box.right || point.y < box.top || point.y > box.bottom) continue;
    // One number as key of the cell: its column times 2^26, plus its row.
    const key = Math.floor(point.x / cell) * 67_108_864 + Math.floor(point.y / cell);
    const known = cells.get(key);
    if (known) known.push(point);
    else cells.set(key, [point]);
  }
  const clusters = [...cells.values()].map(clusterOf).sort((a, b) => b.points.length - a.points.length);
  /** @type {Cluster<Point>[]} */
  const kept = [];
  // The means of neighbouring cells may be close together: merge the smaller cluster into the larger one.
  for (const one of clusters) {
    const near = kept.find((other) => Math.hypot(other.x - one.x, other.y - one.y) < 0.75 * cell);
    if (near) near.points.push(...one.points);
    else kept.push(one);
  }
  return kept;
}

/**
 * @template {{ x: number, y: number }} Point
 * @param {Point[]} points
 * @returns {Cluster<Point>}
 */
function clusterOf(points) {
  let [x, y] = [0, 0];
  for (const point of points) {
    x += point.x;
    y += point.y;
  }
  return { x: x / points.length, y: y / points.length, points: [...points] };
}
