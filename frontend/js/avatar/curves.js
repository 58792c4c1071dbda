// The value of a motion curve at a time, as the Cubism framework computes it.

import { SegmentKind } from "./files.js";

/** @param {number} a @param {number} b @param {number} t */
export const mix = (a, b, t) => a + (b - a) * t;

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Slow in, slow out: the curve of every fade. @param {number} t */
export const ease = (t) => 0.5 - 0.5 * Math.cos(Math.PI * clamp(t, 0, 1));

/**
 * @param {import("./types.js").Curve} curve
 * @param {number} time
 */
export function sampleCurve(curve, time) {
  const segment = curve.segments.find(({ points }) => time <= points[points.length - 1][0]);
  return segment ? sampleSegment(segment, time, curve.restricted) : curve.last;
}

/**
 * @param {import("./types.js").Segment} segment
 * @param {number} time
 * @param {boolean} restricted
 */
function sampleSegment({ kind, points }, time, restricted) {
  const start = points[0];
  const end = points[points.length - 1];
  if (kind === SegmentKind.STEPPED) return time < end[0] ? start[1] : end[1];
  if (kind === SegmentKind.INVERSE_STEPPED) return end[1];
  const share = clamp((time - start[0]) / (end[0] - start[0] || 1), 0, 1);
  if (kind === SegmentKind.LINEAR) return mix(start[1], end[1], share);
  return bezier(points, 1, restricted ? share : bezierPosition(points, time));
}

/**
 * One coordinate (0 time, 1 value) of a cubic Bezier at position u.
 * @param {import("./types.js").Point[]} points
 * @param {0 | 1} axis
 * @param {number} u
 */
function bezier(points, axis, u) {
  const [a, b, c, d] = points.map((point) => point[axis]);
  const w = 1 - u;
  return w * w * w * a + 3 * w * w * u * b + 3 * w * u * u * c + u * u * u * d;
}

/**
 * The position at which the curve's time is `time`: time only rises, so bisection finds it.
 * @param {import("./types.js").Point[]} points
 * @param {number} time
 */
function bezierPosition(points, time) {
  let low = 0;
  let high = 1;
  for (let n = 0; n < 24; n++) {
    const middle = (low + high) / 2;
    if (bezier(points, 0, middle) < time) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
