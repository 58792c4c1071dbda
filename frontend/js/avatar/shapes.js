// The outlines that change their form while she moves; everything else is only shifted and turned.
// All lengths are in the drawing's own units; `side` is -1 for her right (the picture's left), 1 for
// her left.

import { clamp, mix } from "./curves.js";

/** @typedef {[number, number]} XY */

/** @param {number} value */
export const round = (value) => Math.round(value * 10) / 10;

/** A path with short numbers. @param {TemplateStringsArray} strings @param {...number} values */
export function path(strings, ...values) {
  return strings.reduce((text, part, i) => text + part + (i < values.length ? round(values[i]) : ""), "");
}

// The upper lid as a cubic curve, its x and y in turn: wide open, shut looking down, shut in a smile.
const LID_OPEN = [-43, 14, -42, -40, 20, -52, 46, 0];
const LID_DOWN = [-42, 22, -22, 37, 22, 39, 45, 17];
const LID_SMILE = [-43, 24, -26, -14, 22, -18, 45, 21];

/**
 * The outlines of one eye.
 * @param {number} open 0 shut to 1, above 1 is startled
 * @param {number} smile 1: the shut eye is an arch
 * @param {number} side
 * @param {number} slant -1 angry lids, 1 worried lids
 */
export function eyeShape(open, smile, side, slant) {
  const near = Math.min(1, open);
  const lean = [0, -slant * 4, 0, -slant * 17, 0, slant * 15, 0, slant * 9];
  const shut = LID_DOWN.map((down, i) => mix(down, LID_SMILE[i], smile));
  const u = shut.map((value, i) => mix(value, LID_OPEN[i], open) + lean[i] * near);
  const lowY = mix(45, 26, smile);
  /** @type {XY} */
  const low1 = [mix(shut[4], 36, near), mix(shut[5], lowY, near)];
  /** @type {XY} */
  const low2 = [mix(shut[2], -28, near), mix(shut[3], lowY + 2, near)];
  const X = (/** @type {number} */ i) => u[i] * side;
  const upper = path`M${X(0)} ${u[1]}C${X(2)} ${u[3]} ${X(4)} ${u[5]} ${X(6)} ${u[7]}`;
  return {
    hole: upper + path`C${low1[0] * side} ${low1[1]} ${low2[0] * side} ${low2[1]} ${X(0)} ${u[1]}Z`,
    lash: upper + lashBack(u, side, mix(10, 15, near)),
    lower: curveStart([u[6], u[7]], low1, low2, [u[0], u[1]], 0.62, side),
    fold: path`M${(u[0] + 10) * side} ${u[1] - 30}C${X(2)} ${u[3] - 17} ${X(4)} ${u[5] - 18} ${(u[6] + 4) * side} ${u[7] - 26}`,
  };
}

/**
 * The lashes' upper edge, with two points at the outer corner.
 * @param {number[]} u
 * @param {number} side
 * @param {number} thick
 */
function lashBack(u, side, thick) {
  return path`L${(u[6] + 13) * side} ${u[7] - 9}L${(u[6] + 5) * side} ${u[7] - 9}L${(u[6] + 8) * side} ${u[7] - 19}C${(u[4] + 10) * side} ${u[5] - thick} ${u[2] * side} ${u[3] - thick * 0.75} ${u[0] * side} ${u[1]}Z`;
}

/** The first part (0..t) of a cubic curve from a to d. @type {(a: XY, b: XY, c: XY, d: XY, t: number, side: number) => string} */
const curveStart = (a, b, c, d, t, side) => {
  /** @type {(p: XY, q: XY) => XY} */
  const between = (p, q) => [mix(p[0], q[0], t), mix(p[1], q[1], t)];
  const ab = between(a, b);
  const bc = between(b, c);
  const abc = between(ab, bc);
  const end = between(abc, between(bc, between(c, d)));
  return path`M${a[0] * side} ${a[1]}C${ab[0] * side} ${ab[1]} ${abc[0] * side} ${abc[1]} ${end[0] * side} ${end[1]}`;
};

// What each vowel (a, i, u, e, o) makes of an open mouth: wider or narrower, taller or flatter, rounder, more teeth.
const VOWEL_SHAPES = [
  [0.1, 0.16, 0, 0],
  [0.3, -0.5, 0, 9],
  [-0.44, -0.4, 1, -4],
  [0.16, -0.26, 0, 5],
  [-0.26, 0.08, 0.9, -4],
];

/**
 * @param {number} form -1 unhappy to 1 happy
 * @param {number} open
 * @param {number} cat 1: the two arches of a cat's mouth
 * @param {number} wave 1: trembling
 * @param {number[]} vowels how far each opens it; together at most `open`
 */
export function mouthShape(form, open, cat, wave, vowels) {
  const o = clamp(open, 0, 1);
  const voiced = vowels.reduce((sum, each) => sum + each, 0);
  const [wide, tall, round, bite] = VOWEL_SHAPES[0].map((_, i) =>
    vowels.reduce((sum, each, vowel) => sum + each * VOWEL_SHAPES[vowel][i], 0) * Math.min(2.2, 1 / (voiced || 1)),
  );
  const happy = Math.max(form, 0) * (1 - 0.7 * round);
  const unhappy = Math.max(-form, 0);
  const width = (25 + 13 * happy + 2 * unhappy - o * (9 - 15 * happy)) * (1 + wide);
  const drop = o * (39 + 13 * happy) * (1 + tall) + round * 8;
  const middle = form * 9 - form * 9.4 * o - o * 6;
  const tremble = wave * 7 * (1 - o * 0.4);
  const top = middle - cat * 7 - round * (8 + o * 5);
  const bottom = top + drop;
  const corner = mix(-8 * form, top + drop * 0.46, round);
  const side = mix(middle + cat * 13, top, round);
  const out = mix(0.72, 1, round) * width;
  const inn = mix(0.36, 0.58, round) * width;
  const rise = mix(middle + cat * 13, mix(corner, top, 0.6), round);
  const upper = path`M${-width} ${corner}C${-out} ${rise - tremble} ${-inn} ${side + tremble} 0 ${top - tremble}C${inn} ${side - tremble * 2} ${out} ${rise + tremble} ${width} ${corner}`;
  const bulge = width * (1.02 - 0.2 * unhappy * (1 - round));
  const fall = corner + mix(drop * 0.8, drop * 0.34, round);
  const under = mix(0.5, 0.58, round) * width;
  const lower = path`C${bulge} ${fall} ${under} ${bottom} 0 ${bottom}C${-under} ${bottom} ${-bulge} ${fall} ${-width} ${corner}Z`;
  return { upper, hole: upper + lower, top, tongue: bottom - 4 + 9 * round, teeth: top + 2 + o * (7 + bite) };
}

/** @param {number} side @param {number} angle -1 cross to 1 worried @param {number} form */
export function browShape(side, angle, form) {
  const inner = -angle * 17;
  const outer = angle * 10;
  const arch = -7 - form * 8;
  const X = (/** @type {number} */ v) => v * side;
  return path`M${X(-38)} ${inner + 4}C${X(-20)} ${inner * 0.5 + arch - 5} ${X(14)} ${outer * 0.4 + arch - 6} ${X(44)} ${outer + 5}C${X(14)} ${outer * 0.4 + arch + 5} ${X(-20)} ${inner * 0.5 + arch + 9} ${X(-37)} ${inner + 13}Z`;
}

/** @param {number} ax head turn, -1 to 1 @param {number} jaw how far the chin has dropped */
export function faceShape(ax, jaw) {
  const chin = ax * 15;
  const low = 167 + jaw;
  return path`M${-152 + ax * 6} -60C${-158 + ax * 8} 30 ${-146 + ax * 16} 84 ${-92 + chin} 128C${-56 + chin} ${low - 14} ${-22 + chin} ${low} ${chin} ${low}C${22 + chin} ${low} ${56 + chin} ${low - 14} ${92 + chin} 128C${146 + ax * 16} 84 ${158 + ax * 8} 30 ${152 + ax * 6} -60C120 -190 -120 -190 ${-152 + ax * 6} -60Z`;
}

// Along the fringe: the root and the tip of each strand.
const FRINGE = [
  [-174, -34, -160, 88],
  [-142, -74, -122, 34],
  [-98, -96, -80, 8],
  [-46, -104, -46, -14],
  [-10, -106, 30, 14],
  [56, -92, 80, -4],
  [104, -76, 124, 32],
  [148, -48, 166, 90],
];

/** The hair over the forehead, one outline. @param {number} sway @param {number} lift */
export function fringeShape(sway, lift) {
  let outline = "M-192 8C-216 -130 -124 -218 0 -218C124 -218 216 -130 192 8";
  for (let i = FRINGE.length - 1; i >= 0; i--) {
    const [rootX, rootY, x, y] = FRINGE[i];
    const [fromX, fromY] = FRINGE[i + 1] ?? [192, 8];
    const tipX = x + sway * (8 + 4 * Math.abs(i - 3.5));
    const tipY = y - lift;
    outline += path`C${mix(fromX, tipX, -0.1) + 2} ${mix(fromY, tipY, 0.45)} ${tipX + 22} ${tipY - 34} ${tipX} ${tipY}C${tipX - 14} ${tipY - 20} ${mix(rootX, tipX, 0.12) - 7} ${mix(rootY, tipY, 0.42)} ${rootX} ${rootY}`;
  }
  return outline + "C-192 -22 -192 -10 -192 8Z";
}

/** Fine lines from the crown to the gaps of the fringe. */
export const STRANDS = FRINGE.slice(1)
  .map(([x, y]) => path`M${x} ${y}C${x * 1.06} ${y - 44} ${x * 0.84} ${y - 90} ${x * 0.42} -206`)
  .join("");

/** @param {number} side @param {number} sway */
export function sideLockShape(side, sway) {
  return path`M${side * 150} -70C${side * 196} -20 ${side * 204 + sway * 5} 60 ${side * 186 + sway * 12} 128C${side * 181 + sway * 16} 160 ${side * 162 + sway * 20} 178 ${side * 140 + sway * 24} 190C${side * 150 + sway * 16} 160 ${side * 146 + sway * 10} 132 ${side * 147 + sway * 6} 96C${side * 148} 40 ${side * 160} -10 ${side * 150} -70Z`;
}

/**
 * The long hair behind her: two locks on each side, between them it lies behind the neck.
 * @param {number} sway
 */
export function backHairShape(sway) {
  const s = sway;
  const left = path`C${-96 + s * 8} 236 ${-104 + s * 10} 262 ${-114 + s * 13} 300C${-146 + s * 12} 286 ${-164 + s * 12} 262 ${-174 + s * 13} 232C${-184 + s * 14} 262 ${-200 + s * 17} 292 ${-226 + s * 22} 318C${-236 + s * 10} 190 -222 110 -222 20C-226 -110 -150 -220 0 -220Z`;
  return (
    path`M0 -220C150 -220 226 -110 222 20C222 110 ${236 + s * 10} 190 ${226 + s * 22} 318C${200 + s * 17} 292 ${184 + s * 14} 262 ${174 + s * 13} 232C${164 + s * 12} 262 ${146 + s * 12} 286 ${114 + s * 13} 300C${104 + s * 10} 262 ${96 + s * 8} 236 ${80 + s * 6} 214C40 236 -40 236 ${-80 + s * 6} 214` +
    left
  );
}

/** The one lock that will not lie down. @param {number} sway */
export function ahogeShape(sway) {
  const s = sway;
  return path`M-8 -208C${-14 + s * 6} -246 ${-2 + s * 14} -276 ${34 + s * 26} -290C${58 + s * 30} -297 ${74 + s * 34} -284 ${66 + s * 36} -268C${52 + s * 30} -278 ${34 + s * 22} -268 ${26 + s * 16} -246C${20 + s * 10} -230 18 -218 20 -206Z`;
}
