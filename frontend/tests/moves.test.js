import assert from "node:assert/strict";
import test from "node:test";

import { faces, gestures } from "../js/moves.js";

const ABILITIES = {
  expressions: ["neutral", "joy"],
  motions: {
    Idle: [{ duration_ms: 6000, loops: true }],
    Wave: [{ duration_ms: 3200, loops: false }],
    "": [
      { duration_ms: 1000, loops: false },
      { duration_ms: 1000, loops: false },
    ],
  },
};

test("each face is asked for by its index, and for a while only", () => {
  const [, joy] = faces(ABILITIES);
  assert.equal(joy.text, "joy");
  assert.deepEqual(joy.message, { type: "expression-command", expression_id: 1, duration: 5000 });
});

test("each gesture has a button, also in a group without a name; the idle one has none", () => {
  assert.deepEqual(
    gestures(ABILITIES).map(({ text }) => text),
    ["Wave", "Motion 1", "Motion 2"],
  );
  assert.deepEqual(gestures(ABILITIES)[2].message, {
    type: "motion-command",
    motion_group: "",
    motion_index: 1,
  });
});

test("an avatar that can do nothing has no buttons", () => {
  assert.deepEqual([faces({}), gestures({})], [[], []]);
});
