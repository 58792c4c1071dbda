import assert from "node:assert/strict";
import test from "node:test";

import { showAddress } from "../js/connection.js";
import { pairOf } from "../js/pair.js";

test("two characters are two stages with the same options, and one chat", () => {
  assert.deepEqual(pairOf("?show=main&with=guest&bg=dark&chat=left"), [
    "/stage?show=main&bg=dark&chat=left",
    "/stage?show=guest&bg=dark&chat=0",
  ]);
  assert.deepEqual(pairOf("?with=guest&theme=violet&with-theme=rose&with-outfit=hoodie"), [
    "/stage?theme=violet",
    "/stage?theme=rose&show=guest&chat=0&outfit=hoodie",
  ]);
  assert.deepEqual(pairOf("?with=a%26b"), ["/stage?", "/stage?show=a%26b&chat=0"]);
});

test("a page joins the show that its address names", () => {
  const at = (search) => showAddress({ protocol: "http:", host: "h", search });
  assert.equal(at(""), "ws://h/client-ws?show=main");
  assert.equal(at("?show=guest&bg=dark"), "ws://h/client-ws?show=guest");
  assert.equal(at("?show=a%26b"), "ws://h/client-ws?show=a%26b");
});
