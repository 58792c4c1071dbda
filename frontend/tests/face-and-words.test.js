import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import test from "node:test";

import { Face } from "../js/avatar/expressions.js";
import { readable } from "../js/overlay.js";
import { spokenText } from "../js/spoken.js";
import { channelWords, engineNotices, lacksSound } from "../js/words.js";

test("a model that is loaded later gets the face that the server last said, with the file's own fade", () => {
  const shown = [];
  const it = new Face((look) => shown.push(look));
  it.refresh();
  it.set("joy", 2);
  it.refresh();
  assert.deepEqual(shown, [
    { reference: "neutral", fade: null },
    { reference: "joy", fade: 2 },
    { reference: "joy", fade: null },
  ]);
});

test("only this model's tags are taken out of a text", () => {
  const tags = ["joy", "Anger"];
  assert.equal(spokenText("[joy] Hello [anger]there [sic] [1]", tags), "Hello there [sic] [1]");
  assert.equal(spokenText("[joy] Hello", []), "[joy] Hello");
});

test("the channel in words", () => {
  assert.match(channelWords(null).text, /connect one in the control room/);
  assert.deepEqual(channelWords({ channel: "mika", state: "connected" }), {
    text: "Reading #mika",
    mood: "good",
  });
  assert.equal(
    channelWords({ channel: "mika", state: "down", reason: "banned" }).text,
    "Cannot read #mika (banned)",
  );
});

const notices = (providers) => engineNotices({ providers });

test("engines that do what they were set to need no notice", () => {
  assert.deepEqual(engineNotices({}), []);
  assert.deepEqual(notices({}), []);
  const llm = { engine: "ollama_llm", is_demo: false, note: "" };
  const asr = { engine: "none", is_demo: false, note: "" };
  assert.deepEqual(notices({ llm, tts: { engine: "embedded_tts", note: "" }, asr }), []);
});

test("while a remote provider gives the words its trouble is told, and not that the own brain is a demo", () => {
  const llm = { engine: "embedded_llm", is_demo: true, note: "" };
  const fine = { engine: "openai", note: "" };
  const lost = { engine: "openai", note: "openai keeps failing." };
  const told = (mode, external_api) => engineNotices({ mode, providers: { llm, external_api } });
  assert.deepEqual(told("external-api", fine), []);
  assert.deepEqual(told("external-api", lost), ["Provider: openai keeps failing."]);
  assert.deepEqual(told("autonomous", fine), []);
  assert.equal(told("autonomous", lost).length, 2);
  assert.match(told("orphiq", lost).join(), /^Demo brain/);
  assert.match(told("autonomous", undefined).join(), /^Demo brain/);
});

test("the embedded brain says that it is a demo, and whom it stands in for", () => {
  const llm = { engine: "embedded_llm", is_demo: true, note: "" };
  const [demo, ...more] = notices({ llm });
  assert.match(demo, /tiny embedded model.*Ollama/);
  assert.deepEqual(more, []);
  const note = "x_llm is not available in this version; embedded_llm is used instead.";
  assert.deepEqual(notices({ llm: { ...llm, note } }), [demo, `Brain: ${note}`]);
});

test("written lines are not called a model", () => {
  const llm = { engine: "scripted_llm", is_demo: true, note: "" };
  const words = "Scripted brain: written lines that repeat a word of yours; no model is running.";
  assert.deepEqual(notices({ llm }), [words]);
  const note = "embedded_llm cannot run here: it is damaged. scripted_llm is used instead.";
  assert.deepEqual(notices({ llm: { ...llm, note } }), [`${words} ${note}`]);
});

test("a voice that hums, and every engine's note, is said", () => {
  const note = "embedded_tts cannot run here: no. tone_tts is used instead.";
  assert.deepEqual(notices({ tts: { engine: "tone_tts", note } }), [`She hums instead of speaking: ${note}`]);
  assert.match(notices({ tts: { engine: "tone_tts", note: "" } })[0], /^She hums instead of speaking: \S/);
  const noted = { engine: "other", is_demo: false, note: "It rests." };
  assert.deepEqual(notices({ llm: noted, tts: noted, asr: noted }), [
    "Brain: It rests.",
    "Voice: It rests.",
    "Ears: It rests.",
  ]);
});

test("only words can lack a sound", () => {
  assert.equal(lacksSound({ audio: null }, "Hello."), true);
  assert.equal(lacksSound({ audio: null }, "こんにちは"), true);
  assert.equal(lacksSound({ audio: null }, "… !"), false);
  assert.equal(lacksSound({ audio: "UklGR" }, "Hello."), false);
});

test("a viewer's colour is darkened until it can be read, and nothing else gets into a style", () => {
  assert.equal(readable("#102030"), "rgb(16, 32, 48)");
  const [r, g, b] = readable("#00FF7F").match(/\d+/g).map(Number);
  assert.ok(r === 0 && g < 140 && b < g);
  for (const bad of [undefined, "", "red", "#12", "url(x)", "#12345678"]) assert.equal(readable(bad), "");
});

test("no page or script puts text in as HTML, and none has inline code or style", async () => {
  const root = new URL("../", import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter((name) =>
    /^(js\/(?!vendor\/).*\.js|[a-z]+\.html)$/.test(name),
  );
  assert.ok(files.length > 15);
  for (const name of files) {
    const source = await readFile(new URL(name, root), "utf8");
    assert.doesNotMatch(
      source,
      /innerHTML|InnerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
      name,
    );
    if (name.endsWith(".html")) assert.doesNotMatch(source, /\sstyle=|\son\w+=|<script>|<style/, name);
  }
});
