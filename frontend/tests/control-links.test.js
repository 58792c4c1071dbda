import assert from "node:assert/strict";
import test from "node:test";

import { All, Links, One, lookAtLinks, usedWords } from "../js/control/links.js";

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

const LINK = { id: "l1", name: "OBS", role: "stage", made_at: "2026-03-01T18:00:00+00:00", used_at: null, open: 0 };

/** A server that answers with what is prepared, and the requests that it got. */
function server(answers) {
  const asked = [];
  globalThis.fetch = async (path, { method = "GET", body } = {}) => {
    asked.push([method, path, body && JSON.parse(body)]);
    const [status, told] = answers[`${method} ${path}`] ?? [500, {}];
    return { ok: status < 300, status, json: async () => told };
  };
  return asked;
}

const button = (view, label) => elements(view).find((each) => each.type === "button" && text(each).includes(label));
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a link says when it was last used", () => {
  const now = new Date("2026-03-01T20:00:00");
  assert.equal(usedWords(null, now), "never used");
  assert.equal(usedWords("2026-03-01T18:05:00", now), "used at 18:05");
  assert.match(usedWords("2026-02-01T18:05:00", now), /^used .*2026/);
});

test("a link that is open now says so, with a sign and not by colour alone", () => {
  assert.match(text(One({ link: { ...LINK, open: 2 }, asking: false })), /stage, open now/);
});

test("without an access token it is said that links ask for nothing", () => {
  const props = { access: null, links: [], fresh: null, said: "", asking: "" };
  assert.match(text(All({ ...props, locked: false })), /may do everything/);
  assert.match(text(All({ ...props, locked: true })), /can be revoked/);
});

test("whoever came by an operator's link sees the way out and no links", async () => {
  const asked = server({ "GET /api/access": [200, { role: "operator", locked: true, signed_in: true }] });
  await lookAtLinks();
  assert.deepEqual(asked.map(([, path]) => path), ["/api/access"]);
  assert.ok(button(Links(), "Sign out"));
  assert.equal(button(Links(), "Make"), undefined);
});

test("a link is made, its address is shown once, and revoking it asks once more", async () => {
  globalThis.location = { href: "https://studio.example/control" };
  const asked = server({
    "GET /api/access": [200, { role: "developer", locked: true, signed_in: true }],
    "GET /api/links": [200, { links: [LINK] }],
    "POST /api/links": [201, { ...LINK, address: "/stage?token=abc" }],
    "DELETE /api/links/l1": [200, { links: [] }],
  });
  await lookAtLinks();
  const form = elements(Links()).find(({ type }) => type === "form");
  const fields = { link_name: { value: " OBS " }, link_role: { value: "stage" } };
  form.props.onSubmit({ preventDefault() {}, currentTarget: { elements: fields, reset() {} } });
  await settled();
  assert.deepEqual(asked.find(([method]) => method === "POST")[2], { name: "OBS", role: "stage" });
  assert.equal(elements(Links()).find(({ props }) => props.id === "fresh-link").props.value, "https://studio.example/stage?token=abc");

  button(Links(), "Revoke").props.onClick();
  assert.equal(asked.some(([method]) => method === "DELETE"), false);
  button(Links(), "Really revoke").props.onClick();
  await settled();
  assert.equal(button(Links(), "evoke"), undefined);
  assert.equal(elements(Links()).some(({ props }) => props.id === "fresh-link"), false, "nor is its address there any more");
});

test("what the server refuses is said in its words", async () => {
  server({
    "GET /api/access": [200, { role: "developer", locked: true, signed_in: true }],
    "GET /api/links": [200, { links: [LINK] }],
    "DELETE /api/links/l1": [404, { detail: "There is no such link." }],
  });
  await lookAtLinks();
  button(Links(), "Revoke").props.onClick();
  button(Links(), "Really revoke").props.onClick();
  await settled();
  assert.match(text(Links()), /There is no such link/);
});
