import assert from "node:assert/strict";
import test from "node:test";

import { backOff, Connection, showAddress } from "../js/connection.js";

class FakeSocket {
  static all = [];
  readyState = 0;
  sent = [];
  constructor(url) {
    this.url = url;
    FakeSocket.all.push(this);
  }
  send(data) {
    this.sent.push(JSON.parse(data));
  }
  close() {
    this.drop("closed");
  }
  accept() {
    this.readyState = 1;
    this.onopen();
  }
  say(message) {
    this.onmessage({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
  drop(reason = "", code = 1006) {
    this.readyState = 3;
    this.onclose({ reason, code });
  }
}

function connected() {
  FakeSocket.all = [];
  const timers = [];
  const surroundings = {
    Socket: FakeSocket,
    later: (run, ms) => timers.push({ run, ms }) - 1,
    forget: (index) => index !== null && (timers[index] = null),
    random: () => 0.5,
  };
  const connection = new Connection(
    "ws://here/client-ws",
    { client: "stage", capabilities: ["chat"] },
    surroundings,
  );
  const seen = [];
  const statuses = [];
  connection.onmessage = (message) => seen.push(message.type);
  connection.onstatus = (status) => statuses.push(status);
  connection.open();
  const socket = FakeSocket.all[0];
  socket.accept();
  socket.say({ type: "client-welcome", client_uid: "u1" });
  return { connection, socket, timers, seen, statuses };
}

const asked = (socket, type) => socket.sent.filter((message) => message.type === type).length;

test("it says hello first", () => {
  const { socket, statuses } = connected();
  assert.deepEqual(socket.sent[0], { type: "client-hello", client: "stage", capabilities: ["chat"] });
  assert.deepEqual(statuses, ["connected"]);
});

test("back-off doubles up to its limit, with jitter", () => {
  assert.deepEqual(
    [0, 1, 2, 5, 50].map((attempt) => backOff(attempt, 0.5)),
    [500, 1000, 2000, 15000, 15000],
  );
  assert.equal(backOff(0, 0), 350);
  assert.equal(Math.round(backOff(0, 1)), 650);
});

test("it reconnects by itself, and a welcome resets the waiting", () => {
  const { connection, timers, statuses } = connected();
  FakeSocket.all[0].drop();
  FakeSocket.all.length = 0;
  const waits = [];
  for (let i = 0; i < 3; i++) {
    const { run, ms } = timers.at(-1);
    waits.push(ms);
    run();
    FakeSocket.all.at(-1).drop();
  }
  assert.deepEqual(waits, [500, 1000, 2000]);
  timers.at(-1).run();
  FakeSocket.all.at(-1).accept();
  FakeSocket.all.at(-1).say({ type: "client-welcome" });
  assert.equal(connection.attempt, 0);
  assert.equal(statuses.at(-1), "connected");
});

test("a gap in the numbers asks for one snapshot", () => {
  const { socket } = connected();
  socket.say({ type: "snapshot", seq: 4 });
  socket.say({ type: "audio", seq: 5 });
  assert.equal(asked(socket, "get-snapshot"), 0);
  socket.say({ type: "audio", seq: 8 });
  socket.say({ type: "audio", seq: 11 });
  assert.equal(asked(socket, "get-snapshot"), 1);
  socket.say({ type: "snapshot", seq: 11 });
  socket.say({ type: "audio", seq: 12 });
  assert.equal(asked(socket, "get-snapshot"), 1);
  socket.say({ type: "audio", seq: 14 });
  assert.equal(asked(socket, "get-snapshot"), 2);
});

test("messages without a number, and the first number, are no gap", () => {
  const { socket } = connected();
  socket.say({ type: "full-text", text: "hi" });
  socket.say({ type: "audio", seq: 900 });
  assert.equal(asked(socket, "get-snapshot"), 0);
});

test("what is not a message is ignored", () => {
  const { socket, seen } = connected();
  for (const junk of ["", "{", "null", "[]", '{"type":5}', '"text"']) socket.say(junk);
  assert.deepEqual(seen, ["client-welcome"]);
});

test("nothing is sent while there is no connection", () => {
  const { connection, socket } = connected();
  socket.drop();
  assert.equal(connection.send({ type: "text-input" }), false);
});

test("a server that stops answering heartbeats is left", () => {
  const { socket, timers, statuses } = connected();
  socket.say({ type: "heartbeat-ack" });
  for (let i = 0; i < 3; i++) timers.at(-1).run();
  assert.equal(statuses.at(-1), "lost");
});

test("a server that knows no heartbeats is not left", () => {
  const { timers, statuses } = connected();
  for (let i = 0; i < 6; i++) timers.at(-1).run();
  assert.equal(statuses.at(-1), "connected");
});

test("a link that was ended is not tried again, and it is known why", () => {
  const { connection, socket, timers, statuses } = connected();
  const before = timers.length;
  socket.drop("signed out", 4401);
  assert.equal(statuses.at(-1), "lost");
  assert.match(connection.ended, /link to this page was ended/);
  assert.equal(timers.length, before);
  assert.equal(FakeSocket.all.length, 1);
});

test("the token that a page was opened by goes on to its connection", () => {
  const here = { protocol: "http:", host: "localhost:1" };
  assert.equal(
    showAddress({ ...here, search: "?bg=dark&token=a%26b%2B" }),
    "ws://localhost:1/client-ws?show=main&token=a%26b%2B",
  );
  assert.equal(showAddress({ ...here, search: "?token=" }), "ws://localhost:1/client-ws?show=main");
});

test("the address is on the page's own host", () => {
  assert.equal(
    showAddress({ protocol: "http:", host: "localhost:12393" }),
    "ws://localhost:12393/client-ws?show=main",
  );
  assert.equal(showAddress({ protocol: "https:", host: "x.example" }), "wss://x.example/client-ws?show=main");
});
