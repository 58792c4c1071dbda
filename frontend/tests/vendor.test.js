import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { gzipSync } from "node:zlib";

const FOLDER = new URL("../js/vendor/", import.meta.url);
const LARGEST_PAGE = { stage: 40_000, control: 60_000 };

test("the libraries are what vendor.py wrote, and nothing else is there", async () => {
  const lock = JSON.parse(await readFile(new URL("lock.json", FOLDER), "utf8"));
  const files = (await readdir(FOLDER)).filter((name) => name !== "lock.json");
  assert.deepEqual(files.sort(), Object.keys(lock.files).sort());
  for (const name of files) {
    const digest = createHash("sha256").update(await readFile(new URL(name, FOLDER))).digest("hex");
    assert.equal(digest, lock.files[name], name);
  }
  for (const name of Object.keys(lock.packages)) {
    assert.ok(files.includes(`${name.replace("@", "").replace("/", "-")}.LICENSE`), `licence of ${name}`);
  }
});

test("no library asks a browser for a bare name", async () => {
  for (const name of (await readdir(FOLDER)).filter((each) => each.endsWith(".js"))) {
    const source = await readFile(new URL(name, FOLDER), "utf8");
    assert.doesNotMatch(source, /\bfrom\s*"[^".]/, name);
  }
});

/** A script with everything that it imports, and its page's styles. */
async function page(name) {
  const root = new URL("../", import.meta.url);
  const html = await readFile(new URL(`${name}.html`, root), "utf8");
  const found = new Map();
  const add = async (url) => {
    if (found.has(url.href)) return;
    const source = await readFile(url, "utf8");
    found.set(url.href, source);
    for (const [, path] of source.matchAll(/\bfrom\s*"(\.[^"]+)"/g)) await add(new URL(path, url));
  };
  for (const [, path] of html.matchAll(/"\/static\/([^"]+\.(?:js|css))"/g)) await add(new URL(path, root));
  return [html, ...found.values()].reduce((sum, source) => sum + gzipSync(source).length, 0);
}

for (const [name, limit] of Object.entries(LARGEST_PAGE)) {
  test(`the ${name} page is within its budget`, async () => {
    const size = await page(name);
    assert.ok(size > 5_000 && size < limit, `${size} bytes gzipped`);
  });
}
