import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { sampleCurve } from "../js/avatar/curves.js";
import { blend, ExpressionPlayer } from "../js/avatar/expressions.js";
import { loadModel, parseExpression, parseMotion } from "../js/avatar/files.js";
import { Life } from "../js/avatar/life.js";
import { MotionPlayer } from "../js/avatar/motions.js";
import { mouthShape } from "../js/avatar/shapes.js";

const MIKA = new URL("../models/mika/mika.model3.json", import.meta.url);
const readJson = async (url) => JSON.parse(await readFile(url, "utf8"));

/** A motion file with one curve. */
function motionFile(segments, { restricted = true, loop = false, duration = 4, fade = 0 } = {}) {
  const Meta = {
    Duration: duration,
    Loop: loop,
    AreBeziersRestricted: restricted,
    FadeInTime: fade,
    FadeOutTime: fade,
  };
  return { Version: 3, Meta, Curves: [{ Target: "Parameter", Id: "ParamX", Segments: segments }] };
}

const curveOf = (segments, options) => parseMotion(motionFile(segments, options)).curves[0];

test("a linear segment is sampled in proportion, and holds its last value", () => {
  const curve = curveOf([0, 0, 0, 2, 10]);
  assert.equal(sampleCurve(curve, 0), 0);
  assert.equal(sampleCurve(curve, 0.5), 2.5);
  assert.equal(sampleCurve(curve, 2), 10);
  assert.equal(sampleCurve(curve, 99), 10);
});

test("a stepped segment jumps at its end, an inverse stepped one at its start", () => {
  const stepped = curveOf([0, 1, 2, 2, 5]);
  assert.equal(sampleCurve(stepped, 1.9), 1);
  assert.equal(sampleCurve(stepped, 2), 5);
  const inverse = curveOf([0, 1, 3, 2, 5]);
  assert.equal(sampleCurve(inverse, 0.1), 5);
});

test("a restricted Bezier runs evenly in time", () => {
  const curve = curveOf([0, 0, 1, 1 / 3, 0, 2 / 3, 1, 1, 1]);
  assert.equal(sampleCurve(curve, 0.5), 0.5);
  assert.ok(Math.abs(sampleCurve(curve, 0.25) - 0.15625) < 1e-9);
});

test("an unrestricted Bezier is solved for its time", () => {
  // Both handles at the start in time: time(u) = u^3, value(u) = u^3, so the value is the time.
  const curve = curveOf([0, 0, 1, 0, 0, 0, 0, 1, 1], { restricted: false });
  assert.ok(Math.abs(sampleCurve(curve, 0.343) - 0.343) < 1e-5);
});

test("segments follow each other", () => {
  const curve = curveOf([0, 0, 0, 1, 1, 2, 2, 7, 0, 3, 9]);
  assert.deepEqual(
    [0.5, 1.5, 2, 2.5].map((time) => sampleCurve(curve, time)),
    [0.5, 1, 7, 8],
  );
});

test("curves of parameters and of parts' opacities are kept, those of the whole model are left out", () => {
  const file = motionFile([0, 0, 0, 1, 1]);
  file.Curves.push({ Target: "PartOpacity", Id: "PartArmB", Segments: [0, 1, 0, 1, 1] });
  file.Curves.push({ Target: "Model", Id: "Opacity", Segments: [0, 1, 0, 1, 1] });
  assert.deepEqual(parseMotion(file).curves.map(({ id }) => id).slice(1), ["PartArmB"]);
});

test("the three ways in which an expression meets a value", () => {
  const params = { a: 0.5, b: 0.5, c: 0.5 };
  blend(params, { id: "a", value: 0.4, blend: "Add" }, 0.5);
  blend(params, { id: "b", value: 0, blend: "Multiply" }, 0.5);
  blend(params, { id: "c", value: 1, blend: "Overwrite" }, 0.5);
  assert.deepEqual(params, { a: 0.7, b: 0.25, c: 0.75 });
});

const expression = (name, value) =>
  parseExpression(name, { FadeInTime: 1, FadeOutTime: 1, Parameters: [{ Id: "ParamX", Value: value }] });

test("a new expression fades in while the last one fades out", () => {
  const player = new ExpressionPlayer([expression("one", 1), expression("two", 2)]);
  player.show("one", 0);
  const shown = (dt) => {
    const params = {};
    player.apply(params, dt);
    return params.ParamX;
  };
  assert.equal(shown(0.1), 1);
  assert.equal(player.show(1), true);
  assert.equal(player.name, "two");
  assert.ok(Math.abs(shown(0.5) - 1.5) < 1e-9);
  assert.equal(shown(0.5), 2);
  assert.equal(player.layers.length, 1);
});

test("an unknown expression changes nothing", () => {
  const player = new ExpressionPlayer([expression("one", 1)]);
  player.show("one");
  assert.equal(player.show("nonsense"), false);
  assert.equal(player.show(7), false);
  assert.equal(player.name, "one");
});

test("a motion replaces the one before; afterwards the idle group goes on", () => {
  const motion = (value, loop) => parseMotion(motionFile([0, value, 0, 1, value], { duration: 1, loop }));
  const player = new MotionPlayer({ Idle: [motion(1, true)], Wave: [motion(5, false)] });
  const pose = (dt) => {
    const params = {};
    player.apply(params, dt);
    return params.ParamX;
  };
  assert.equal(pose(0.1), 1);
  assert.equal(player.start("Wave", 0), true);
  assert.equal(player.name, "Wave 0");
  assert.equal(pose(0.5), 5);
  pose(0.6);
  assert.equal(pose(0.1), 1);
  assert.equal(player.name, null);
  assert.equal(player.start("Wave", 3), false);
});

/** @param {number[]} segments @param {object} meta */
const motion = (segments, meta) => parseMotion(motionFile(segments, meta));

/** Plays on and returns the value at each frame. */
function frames(player, seconds, dt = 0.02) {
  return Array.from({ length: Math.round(seconds / dt) }, () => {
    const params = {};
    player.apply(params, dt);
    return params.ParamX ?? 0;
  });
}

/** The largest step from one frame to the next. */
const leap = (values) => Math.max(...values.slice(1).map((value, i) => Math.abs(value - values[i])));

const FADES = { duration: 2, fade: 0.5 };

test("nothing snaps: not when a motion is cut, not where a loop begins again, not when it is stopped", () => {
  const rising = [0, -1, 0, 2, 1];
  const player = new MotionPlayer({
    Idle: [motion([0, 0, 0, 2, 0], { ...FADES, loop: true })],
    Wave: [motion(rising, FADES)],
    Nod: [motion([0, 1, 0, 2, -1], FADES)],
  });
  const seen = frames(player, 1);
  player.start("Wave", 0, { loop: true });
  seen.push(...frames(player, 5.3));
  player.start("Nod", 0);
  seen.push(...frames(player, 0.2));
  player.start("Wave", 0, { loop: true });
  seen.push(...frames(player, 1.1));
  player.stop();
  seen.push(...frames(player, 2));
  assert.ok(Math.max(...seen) > 0.4 && Math.min(...seen) < -0.4);
  assert.ok(leap(seen) < 0.15, `it jumped by ${leap(seen)}`);
  assert.equal(seen.at(-1), 0);
});

test("a loop that is told again goes on, and a gesture begins anew", () => {
  const player = new MotionPlayer({ Wave: [motion([0, 0, 0, 2, 1], { ...FADES, loop: true })] });
  player.start("Wave", 0, { loop: true });
  frames(player, 1);
  player.start("Wave", 0, { loop: true });
  assert.deepEqual([player.tracks.length, Math.round(player.tracks[0].time)], [1, 1]);
  player.start("Wave", 0, { loop: false });
  assert.equal(player.tracks.length, 2);
});

test("a motion that is shorter than its fades loops without piling up", () => {
  const player = new MotionPlayer({ Blink: [motion([0, 0, 0, 0.2, 1], { ...FADES, duration: 0.2 })] });
  player.start("Blink", 0, { loop: true });
  frames(player, 5);
  assert.ok(player.tracks.length <= 3, `${player.tracks.length} rounds at once`);
  assert.equal(player.name, "Blink 0");
});

test("an expression is faded into for as long as it was asked to, and back without a jump", () => {
  const player = new ExpressionPlayer([expression("one", 0), expression("two", 1)]);
  player.show("one", 0);
  frames(player, 0.1);
  player.show("two", 2);
  const rising = frames(player, 1);
  assert.ok(Math.abs(rising.at(-1) - 0.5) < 0.02, "half way after half of its time");
  player.show("one", 1);
  const falling = frames(player, 1.2);
  assert.ok(leap([...rising, ...falling]) < 0.05);
  assert.equal(falling.at(-1), 0);
});

test("Mika's own files load, and name only parameters that the drawing knows", async () => {
  const model = await loadModel(MIKA.href, readJson);
  const names = ["neutral", "joy", "anger", "sadness", "surprise", "fear", "disgust", "smirk"];
  assert.deepEqual(
    model.expressions.map(({ name }) => name),
    names,
  );
  const first = ["Idle", "Wave", "Nod", "Shake", "Bounce"]; // scripts refer to them by their place
  assert.deepEqual(Object.keys(model.motions).slice(0, first.length), first);
  assert.deepEqual(model.lipIds, ["ParamMouthOpenY"]);
  const folder = new URL("../js/avatar/", import.meta.url);
  const drawing = await readFile(new URL("puppet.js", folder), "utf8");
  const moved = Object.values(model.motions).flatMap((list) => list.flatMap(({ curves }) => curves));
  const used = [...model.expressions.flatMap(({ params }) => params), ...moved].map(({ id }) => id);
  for (const id of new Set(used)) {
    const stem = id
      .replace("Param", "")
      .replace(/^(Eye|Brow|Arm|Hand)[LR]/, "$1${n}")
      .replace(/^Effect(?!Tear).*/, "Effect");
    assert.ok(drawing.includes(stem), `${id} moves nothing`);
  }
});

/** Chance that is the same every time. */
function seeded(seed) {
  return () => (seed = (seed * 16807) % 2147483647) / 2147483647;
}

/** What she does by herself in ten minutes: the motions that begin, and when. */
async function tenMinutes(seed, { variety = true } = {}) {
  const { motions } = await loadModel(MIKA.href, readJson);
  const player = new MotionPlayer(motions, seeded(seed));
  player.variety = variety;
  const begun = [];
  const begin = player.begin.bind(player);
  let time = 0;
  player.begin = (what) => (begun.push([what.name, Math.round(time)]), begin(what));
  for (; time < 600; time += 0.1) player.apply({}, 0.1);
  return begun.filter(([name]) => name.startsWith("Fidget"));
}

test("idling, she glances about, stretches and shifts her weight now and then, and never twice alike", async () => {
  const begun = await tenMinutes(7);
  assert.ok(begun.length > 20 && begun.length < 60, `${begun.length} in ten minutes`);
  assert.equal(new Set(begun.map(([name]) => name)).size, 3);
  const waits = begun.slice(1).map(([, at], i) => at - begun[i][1]);
  assert.ok(Math.min(...waits) > 7 && new Set(waits).size > 5, String(waits));
  assert.deepEqual(begun, await tenMinutes(7));
  assert.notDeepEqual(begun, await tenMinutes(8));
  assert.deepEqual(await tenMinutes(7, { variety: false }), []);
});

test("a gesture is not disturbed by what she does while idling", async () => {
  const { motions } = await loadModel(MIKA.href, readJson);
  const player = new MotionPlayer(motions, seeded(3));
  player.start("Dance", 0, { loop: true });
  for (let i = 0; i < 600; i++) player.apply({}, 0.1);
  assert.equal(player.name, "Dance 0");
});

test("there are eight gestures and more, and they end where they began", async () => {
  const { motions } = await loadModel(MIKA.href, readJson);
  assert.ok(Object.keys(motions).length >= 10);
  for (const [group, list] of Object.entries(motions))
    for (const { curves, duration } of list)
      for (const { id, segments, last } of curves) {
        const rest = /Eye.Open/.test(id) ? 1 : 0;
        const first = segments[0].points[0][1];
        assert.ok(segments.at(-1).points.at(-1)[0] <= duration + 1e-9, `${group} ${id}`);
        if (group === "Idle" || group === "Dance") assert.equal(last, first, `${group} ${id}`);
        else assert.deepEqual([first, last], [rest, rest], `${group} ${id}`);
      }
});

/** How far she moves by herself, without any motion. */
function stirring(calm) {
  const life = new Life(seeded(5));
  const most = {};
  for (let i = 0; i < 3600; i++) {
    const params = {};
    life.apply(params, 1 / 60, ["ParamEyeLOpen"], calm);
    for (const [id, value] of Object.entries(params)) most[id] = Math.max(most[id] ?? 0, Math.abs(value));
  }
  return most;
}

test("who wants little movement sees her blink and breathe, no more", () => {
  assert.deepEqual(Object.keys(stirring(true)).sort(), ["ParamBreath", "ParamEyeLOpen"]);
  const { ParamEyeBallX, ParamBodyAngleX, ParamAngleX } = stirring(false);
  assert.ok(ParamEyeBallX > 0.3 && ParamBodyAngleX > 1 && ParamAngleX > 2);
});

/** Width and height of a mouth. */
function size(vowel, open = 0.8) {
  const vowels = [..."AIUEO"].map((each) => (each === vowel ? open : 0));
  const { hole } = mouthShape(0.5, open, 0, 0, vowels);
  const numbers = hole.match(/-?[\d.]+/g).map(Number);
  const [xs, ys] = [0, 1].map((axis) => numbers.filter((_, i) => i % 2 === axis));
  return { width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
}

test("each vowel has its mouth: a tall, i flat and wide, u small, e between, o round", () => {
  const [a, i, u, e, o] = [..."AIUEO"].map((vowel) => size(vowel));
  assert.ok(i.width > e.width && e.width > a.width && a.width > o.width && o.width > u.width);
  assert.ok(a.height > e.height && e.height > i.height && o.height > u.height);
  assert.ok(Math.abs(o.width / o.height - 1) < 0.35 && i.width / i.height > 3);
});

test("without vowels the mouth is as open as ever, and grows with them from shut", () => {
  assert.ok(size("", 0.8).height > 20);
  for (const vowel of "AIUEO") {
    const heights = [0.1, 0.3, 0.5, 0.7, 0.9].map((open) => size(vowel, open).height);
    assert.deepEqual([...heights].sort((x, y) => x - y), heights, vowel);
  }
});

test("the how-to names every parameter that the drawing knows", async () => {
  const page = await readFile(new URL("../../docs/how-to/avatar.md", import.meta.url), "utf8");
  const puppet = await readFile(new URL("../js/avatar/puppet.js", import.meta.url), "utf8");
  const known = [...puppet.matchAll(/(?<!\.)\bget\(["`]([^"`]+)["`]/g)].map(([, id]) => id.replace("${n}", "L"));
  assert.ok(known.length > 20);
  for (const id of known) assert.ok(page.includes(`Param${id}`), id);
});
