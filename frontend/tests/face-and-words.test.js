import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import test from "node:test";

import { Face } from "../js/face.js";
import { readable } from "../js/overlay.js";
import { channelWords, demoNotice, spokenText } from "../js/words.js";

function face() {
  const shown = [];
  return { shown, face: new Face(({ reference }) => shown.push(reference)) };
}

test("a sentence's face shows over the server's, and goes with the reply", () => {
  const { face: it, shown } = face();
  it.setByServer("joy", 0.2, 5);
  it.setBySentence(2);
  it.endOfReply();
  it.endOfReply();
  assert.deepEqual(shown, ["joy", 2, "joy"]);
});

test("an operator's face is not changed by a sentence", () => {
  const { face: it, shown } = face();
  it.setByServer("anger", null, 10);
  it.setBySentence("joy");
  it.setByServer("neutral", null, 0);
  it.setBySentence("joy");
  it.setBySentence(undefined);
  assert.deepEqual(shown, ["anger", "neutral", "joy"]);
});

test("only this model's tags are taken out of a text", () => {
  const tags = ["joy", "Anger"];
  assert.equal(spokenText("[joy] Hello [anger]there [sic] [1]", tags), "Hello there [sic] [1]");
  assert.equal(spokenText("[joy] Hello", []), "[joy] Hello");
});

test("the channel in words", () => {
  assert.match(channelWords(null).text, /start with --channel NAME/);
  assert.deepEqual(channelWords({ channel: "mika", state: "connected" }), {
    text: "Reading #mika",
    mood: "good",
  });
  assert.equal(
    channelWords({ channel: "mika", state: "down", reason: "banned" }).text,
    "Cannot read #mika (banned)",
  );
});

test("the demo notice shows only for the demo", () => {
  assert.equal(demoNotice({}), "");
  assert.equal(demoNotice({ providers: { llm: { is_demo: false } } }), "");
  assert.match(demoNotice({ providers: { llm: { is_demo: true } } }), /Ollama/);
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
    /^(js\/.*\.js|[a-z]+\.html)$/.test(name),
  );
  assert.ok(files.length > 15);
  for (const name of files) {
    const source = await readFile(new URL(name, root), "utf8");
    assert.doesNotMatch(
      source,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
      name,
    );
    if (name.endsWith(".html")) assert.doesNotMatch(source, /\sstyle=|\son\w+=|<script>|<style/, name);
  }
});
