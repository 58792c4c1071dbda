import assert from "node:assert/strict";
import test from "node:test";

import { ModelList, modelWords } from "../js/control/models.js";
import { addOn, coreProblem } from "../js/live2d/add-on.js";
import { drawingOnly, mouthIds } from "../js/live2d/renderer.js";
import { Renderers } from "../js/renderers.js";

/** Every element that a part is made of, its own parts drawn too. */
function elements(view) {
  if (Array.isArray(view)) return view.flatMap(elements);
  if (view === null || typeof view !== "object") return [];
  if (typeof view.type === "function") return elements(view.type(view.props));
  return [view, ...elements(view.props.children)];
}

function text(view) {
  if (Array.isArray(view)) return view.map(text).join("");
  if (view === null || view === undefined || typeof view === "boolean") return "";
  if (typeof view !== "object") return String(view);
  return text(typeof view.type === "function" ? view.type(view.props) : view.props.children);
}

const model = (fields) => ({
  name: "block",
  url: "/live2d-models/block/block.model3.json",
  is_built_in: false,
  needs_live2d: true,
  entry: "",
  expressions: ["calm", "happy"],
  motions: { Idle: 1, Look: 2 },
  faults: [],
  remarks: [],
  characters: [],
  ...fields,
});
const list = (models, fields = {}) =>
  ModelList({
    known: { models, faults: [], add_on: { ready: true, missing: [] }, ...fields.known },
    current: "Mika",
    shown: "",
    send() {},
    onShow() {},
    ...fields,
  });

test("Core 5.0 is taken, every other version is told by its number", () => {
  assert.equal(coreProblem(0x05000000), "");
  assert.equal(coreProblem(0x05000003), "");
  assert.match(coreProblem(0x04020002), /version 4\.2\.2, and the add-on works with 5\.0/);
  assert.match(coreProblem(0x05010000), /version 5\.1\.0/);
  assert.match(coreProblem(0x06000001), /version 6\.0\.1/);
});

test("only what opens the mouth is the mouth", () => {
  assert.deepEqual(mouthIds(["ParamMouthOpenY", "ParamMouthForm"]), ["ParamMouthOpenY"]);
  assert.deepEqual(mouthIds(["ParamA"]), ["ParamA"]);
  assert.deepEqual(mouthIds(["ParamMouthForm"]), ["ParamMouthOpenY"]);
  assert.deepEqual(mouthIds([]), ["ParamMouthOpenY"]);
});

test("the engine is given neither expressions nor motions, and all the rest", () => {
  const settings = { Version: 3, Groups: [1], FileReferences: { Moc: "m", Physics: "p", Expressions: [1], Motions: { a: [1] } } };
  assert.deepEqual(drawingOnly(settings, "/x"), { Version: 3, Groups: [1], url: "/x", FileReferences: { Moc: "m", Physics: "p" } });
});

test("what is missing is told without a script being loaded, and asked for again the next time", async () => {
  const answers = [
    { ready: false, scripts: [], missing: ["The Live2D add-on is not installed: run it.", "Core too."] },
    { ready: false, scripts: [], missing: ["Live2D's Cubism Core is missing."] },
  ];
  globalThis.fetch = async () => ({ ok: true, json: async () => answers.shift() });
  await assert.rejects(addOn(), { message: "the Live2D add-on is not installed: run it" });
  await assert.rejects(addOn(), { message: "Live2D's Cubism Core is missing" });
  globalThis.fetch = async () => ({ ok: false, status: 401 });
  await assert.rejects(addOn(), /\(401\)/);
});

test("our own drawing stays the renderer of every model that it can draw, and another takes its place and is freed", async () => {
  const shown = [];
  const root = { replaceChildren: (element) => shown.push(element) };
  const renderers = new Renderers(root, { svg: "svg", draw() {}, describe() {} });
  const own = await renderers.forModel({ moc: "mika.svg" });
  renderers.show(own);
  assert.deepEqual(shown, []);
  const freed = [];
  const other = { element: "canvas", remove: () => freed.push("canvas") };
  renderers.show(other);
  renderers.show(await renderers.forModel({ moc: "" }));
  assert.deepEqual(shown, ["canvas", "svg"]);
  assert.deepEqual(freed, ["canvas"]);
  assert.equal(renderers.shown, own);
});

test("a faulty model says how many faults it has, and each of them", () => {
  const faults = ["block.moc3 is missing.", "look.motion3.json is no JSON."];
  assert.equal(modelWords(model({ faults }), false), "Live2D, 2 faults");
  const view = list([model({ faults })]);
  for (const fault of faults) assert.ok(text(view).includes(fault));
});

test("that Live2D cannot be drawn is told only where a model needs it", () => {
  const add_on = { ready: false, missing: ["Run the installation."] };
  const known = (models) => ({ known: { models, faults: [], add_on } });
  assert.match(text(list([], known([model()]))), /the built-in avatar stands in\.Run the installation\./);
  assert.doesNotMatch(text(list([], known([model({ needs_live2d: false, is_built_in: true })]))), /stands in/);
});

test("an open model is previewed under its name, whatever that is, and offers the characters that have it", () => {
  const sent = [];
  const characters = [
    { filename: "conf.yaml", name: "Mika" },
    { filename: "b.yaml", name: "Blocky" },
  ];
  const view = list([model({ name: 'b&x="1', characters })], { shown: 'b&x="1', send: (message) => sent.push(message) });
  const frame = elements(view).find(({ type }) => type === "iframe");
  assert.equal(frame.props.src, "/model?name=b%26x%3D%221");
  const buttons = elements(view).filter((each) => each.type === "button" && text(each).includes("Switch to"));
  assert.deepEqual(buttons.map((each) => text(each).replace(/\s+/g, " ").trim()), ["Switch to Blocky"]);
  buttons[0].props.onClick();
  assert.deepEqual(sent, [{ type: "switch-config", file: "b.yaml" }]);
});

test("a model without a url is not previewed, and one that the dictionary lacks says what to add", () => {
  const view = list([model({ url: "", entry: '{"name": "block"}' })]);
  assert.equal(elements(view).filter(({ type }) => type === "button").length, 0);
  assert.ok(text(view).includes('{"name": "block"}'));
});
