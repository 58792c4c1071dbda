import assert from "node:assert/strict";
import test from "node:test";

import { cleaned, dirtySections, discarded, field, heard, isNews, noEdits, request, shown, typed } from "../js/control/edits.js";
import { saveWords } from "../js/control/edit-parts.js";

const SETTINGS = {
  type: "settings",
  file: "conf.yaml",
  revision: "r1",
  can_undo: false,
  fault: "",
  needs_restart: [],
  sections: {
    persona: { value: "You are ${NAME}.", defaults: "You are Mika.", text: "" },
    moderation: { value: { banned_words: ["x"] }, defaults: { banned_words: [], topics: [], output: { words: [] } }, text: "" },
    cue_sheets: { value: {}, defaults: {}, text: "hi: []\n" },
  },
};
const known = () => heard(noEdits(), SETTINGS);

test("what is shown is what was typed, else the file's, else the default", () => {
  const edits = known();
  assert.equal(shown(edits, "persona"), "You are ${NAME}.");
  assert.equal(shown(edits, "cue_sheets"), "hi: []\n");
  assert.deepEqual(field(edits, "moderation", ["banned_words"]), ["x"]);
  assert.deepEqual(field(edits, "moderation", ["output", "words"]), []);
  const after = typed(edits, "moderation", ["output", "words"], ["soup"]);
  assert.deepEqual(field(after, "moderation", ["output", "words"]), ["soup"]);
  assert.deepEqual(field(after, "moderation", ["banned_words"]), ["x"]);
  assert.deepEqual(dirtySections(after), ["moderation"]);
  assert.deepEqual(discarded(after, "moderation").drafts, {});
});

test("only what differs from the defaults is sent, without the empty lines of a text field", () => {
  const edits = typed(known(), "moderation", ["banned_words"], ["x", "", "  two words "]);
  assert.deepEqual(request(edits, "moderation", false), {
    type: "edit-settings",
    section: "moderation",
    value: { banned_words: ["x", "two words"] },
    revision: "r1",
    request_id: "edit:moderation",
  });
  const sheet = typed(known(), "cue_sheets", [], "hi:\n- say: Hi!\n");
  assert.deepEqual(request(sheet, "cue_sheets", true), {
    type: "edit-settings",
    section: "cue_sheets",
    text: "hi:\n- say: Hi!\n",
    revision: "r1",
    dry_run: true,
    request_id: "edit:cue_sheets",
  });
  assert.deepEqual(cleaned({ a: [" b ", "", { c: ["", 1] }], n: null, t: true }), { a: ["b", { c: [1] }], n: null, t: true });
});

test("a fault stays with its section until it is typed in again, and what was typed is kept", () => {
  let edits = typed(known(), "persona", [], "");
  edits = heard(edits, { type: "error", code: "bad-config", message: "Too short.", request_id: "edit:persona" });
  assert.equal(edits.faults.persona, "Too short.");
  assert.equal(saveWords(edits, "persona"), "Not saved");
  assert.equal(shown(edits, "persona"), "");
  edits = typed(edits, "persona", [], "A");
  assert.equal(edits.faults.persona, undefined);
});

test("what was saved is the file's again, and somebody else's change leaves what is being typed", () => {
  let edits = typed(known(), "persona", [], "Mine");
  edits = heard(edits, { type: "settings-changed", revision: "r2", sections: ["moderation"], needs_restart: [], can_undo: true });
  assert.equal(shown(edits, "persona"), "Mine");
  edits = heard(edits, { type: "settings-checked", section: "persona", diff: ["+Mine"], request_id: "edit:persona" });
  assert.deepEqual(edits.diffs.persona, ["+Mine"]);
  edits = heard(edits, { type: "settings-changed", revision: "r3", sections: ["persona"], needs_restart: [], can_undo: true, request_id: "edit:persona" });
  assert.deepEqual([edits.drafts, edits.diffs, edits.saved], [{}, {}, { persona: true }]);
  assert.match(saveWords(edits, "persona"), /Saved/);
});

test("a file that cannot be used is told until it can", () => {
  let edits = heard(known(), { type: "settings-refused", reason: "line 3" });
  assert.equal(edits.refused, "line 3");
  edits = heard(edits, SETTINGS);
  assert.equal(edits.refused, "");
  assert.equal(heard(edits, { type: "something" }), edits);
});

test("the settings are looked at anew when they have changed or an edit came too late", () => {
  assert.ok(isNews({ type: "settings-changed" }));
  assert.ok(isNews({ type: "error", code: "wrong-state", request_id: "edit:persona" }));
  assert.ok(!isNews({ type: "error", code: "bad-config", request_id: "edit:persona" }));
  assert.ok(!isNews({ type: "error", code: "wrong-state" }));
});
