import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { CHOICES, readOptions } from "../js/options.js";
import { shareSaid, wordsOf } from "../js/spoken.js";
import { levelOf, verdict, WORDS } from "../js/stage-setup.js";

test("an address that says nothing gets the first choice of everything", () => {
  const { options, asked, complaints } = readOptions("");
  for (const [name, [first]] of Object.entries(CHOICES)) assert.equal(options[name], first);
  assert.deepEqual([asked, complaints], [{}, []]);
});

test("what is offered is taken, and what is unknown falls back and is named", () => {
  for (const [name, choices] of Object.entries(CHOICES)) {
    for (const value of choices) assert.equal(readOptions(`?${name}=${value}`).options[name], value);
    const { options, complaints } = readOptions(`?${name}=${"no".repeat(50)}`);
    assert.equal(options[name], choices[0]);
    assert.match(complaints[0], new RegExp(`^\\?${name}=no.* is unknown; ${name} may be ${choices[0]}`));
    assert.ok(complaints[0].length < 140);
  }
});

test("some options take more than words from a list", () => {
  const { options, complaints } = readOptions("?bg=ff8800&fps=30&away=Gleich%20zur%C3%BCck&subtitles=top,large");
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    [options.bg, options.fps, options.away, options.subtitles],
    ["ff8800", "30", "Gleich zurück", "top,large"],
  );
  for (const search of ["?bg=url(x)", "?bg=ff88", "?fps=0", "?fps=1e9", "?fps=-5", "?subtitles=top,down", "?away=%20"])
    assert.equal(readOptions(search).complaints.length, 1, search);
});

test("what other parts of the program put into the address is left alone", () => {
  assert.deepEqual(readOptions("?token=secret&help").complaints, []);
});

test("the help and the how-to describe every option, and no others", async () => {
  assert.deepEqual(Object.keys(WORDS), Object.keys(CHOICES));
  const page = await readFile(new URL("../../docs/how-to/stage.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, name, values]) => [name, values]);
  assert.deepEqual(rows.map(([name]) => name), Object.keys(CHOICES));
  for (const [name, values] of rows)
    for (const value of CHOICES[name]) assert.ok(values.includes(`\`${value}\``), `${name}=${value}`);
});

const texts = (sentence) => wordsOf(sentence).map(({ text }) => text);

test("a sentence falls into words, each with what follows it, and none is lost", () => {
  assert.deepEqual(texts("Hi, there!  Well…"), ["Hi, ", "there!  ", "Well…"]);
  for (const sentence of ["そうだね、もう一回やってみる！", "没有跳跃会难一点。", "بالتأكيد! من دون القفزة", "בטח, אנסה שוב", "…", "", " a", "👩‍🚀 ok"]) {
    assert.equal(texts(sentence).join(""), sentence);
  }
  assert.ok(texts("そうだね、もう一回やってみる！").length > 3);
  assert.ok(texts("没有跳跃会难一点。").length > 2);
});

test("words begin in order, the first at once, and longer ones take longer", () => {
  const from = wordsOf("I unquestionably know 2026").map((word) => word.from);
  assert.equal(from[0], 0);
  assert.deepEqual([...from].sort((a, b) => a - b), from);
  assert.ok(from[2] - from[1] > 5 * (from[1] - from[0]));
  assert.ok(1 - from[3] > from[3] - from[2], "a number takes longer than it looks");
});

test("nothing is said in a pause", () => {
  const volumes = [...Array(50).fill(0.5), ...Array(50).fill(0), ...Array(50).fill(0.5)];
  const at = (time) => shareSaid(volumes, 0.02, time);
  assert.deepEqual([at(-1), at(0), at(0.5), at(1), at(1.5), at(2), at(2.5), at(3), at(9)], [0, 0, 0.25, 0.5, 0.5, 0.5, 0.75, 1, 1]);
  assert.equal(shareSaid([], 0.02, 1), 0);
});

test("the meter reads decibels below full scale", () => {
  const sine = Float32Array.from({ length: 4800 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * i) / 48));
  const { loud, peak } = levelOf(sine);
  assert.ok(Math.abs(peak - -6.02) < 0.05);
  assert.ok(Math.abs(loud - -9.03) < 0.05);
  assert.deepEqual(levelOf(new Float32Array(10)), { loud: -60, peak: -60 });
});

test("the meter says what is wrong, or that nothing is", () => {
  assert.match(verdict(-60, "running", true), /another page/);
  assert.match(verdict(-10, "suspended", false), /click/);
  assert.match(verdict(-60, "running", false), /Silent/);
  assert.match(verdict(-1, "running", false), /too loud/);
  assert.match(verdict(-14.4, "running", false), /^Peak -14 dB\./);
});
