// The WebSocket to the show: says hello, stays connected for days, notices when a cue was missed.

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {"connecting" | "connected" | "lost"} Status */

/** The server closes a connection with it when the link or sign-in that it came with was ended. */
const SIGNED_OUT = 4401;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const HEARTBEAT_MS = 15_000;

/**
 * With jitter, so that a hundred pages do not all come back in the same moment.
 * @param {number} attempt
 * @param {number} chance 0 to 1
 */
export function backOff(attempt, chance) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  return wait * (0.7 + 0.6 * chance);
}

export class Connection {
  /** @type {WebSocket | null} */
  socket = null;
  /** @type {Status} */
  status = "connecting";
  attempt = 0;
  /** @type {number | null} */
  lastSeq = null;
  snapshotAsked = false;
  /** Frames of silence in a row, counted in heartbeats; only for a server that answers them. */
  unanswered = 0;
  heartbeats = false;
  /** Why it is not tried again: what this page came in with was ended. */
  ended = "";
  /** @type {any} */
  heartbeatTimer = null;
  /** @type {(message: Message) => void} */
  onmessage = () => {};
  /** @type {(status: Status, reason: string) => void} */
  onstatus = () => {};

  /** @param {string} url @param {import("./messages.js").Hello} hello @param {import("./messages.js").Surroundings} [surroundings] */
  constructor(url, hello, surroundings = {}) {
    this.url = url;
    this.hello = hello;
    this.Socket = surroundings.Socket ?? WebSocket;
    this.later = surroundings.later ?? ((run, ms) => setTimeout(run, ms));
    this.forget = surroundings.forget ?? ((timer) => clearTimeout(timer));
    this.random = surroundings.random ?? Math.random;
  }

  open() {
    const socket = new this.Socket(this.url);
    this.socket = socket;
    this.lastSeq = null;
    this.snapshotAsked = false;
    socket.onopen = () => this.send({ type: "client-hello", ...this.hello });
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => this.lost(socket, event);
  }

  /** @param {Message} message @returns {boolean} false while there is no connection */
  send(message) {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** @param {string} data */
  receive(data) {
    this.unanswered = 0;
    const message = parse(data);
    if (!message) return;
    if (message.type === "client-welcome") this.welcomed();
    if (message.type === "heartbeat-ack") this.heartbeats = true;
    this.count(message);
    this.onmessage(message);
  }

  welcomed() {
    this.attempt = 0;
    this.setStatus("connected", "");
    this.beat();
  }

  /** Cues are numbered; a missing number means that this page shows an old state. @param {Message} message */
  count({ type, seq }) {
    if (typeof seq !== "number") return;
    const gap = this.lastSeq !== null && seq > this.lastSeq + 1;
    this.lastSeq = seq;
    if (type === "snapshot") this.snapshotAsked = false;
    else if (gap && !this.snapshotAsked) this.snapshotAsked = this.send({ type: "get-snapshot" });
  }

  /** @param {WebSocket} socket @param {CloseEvent} event */
  lost(socket, event) {
    if (socket !== this.socket) return;
    this.forget(this.heartbeatTimer);
    if (event.code === SIGNED_OUT) this.ended = "The link to this page was ended: it shows nothing any more.";
    this.setStatus("lost", event.reason || "");
    if (this.ended) return;
    this.later(() => this.open(), backOff(this.attempt++, this.random()));
  }

  /** A peer that vanished without a word (a cable, a sleeping laptop) closes nothing: ask it now and then. */
  beat() {
    this.forget(this.heartbeatTimer);
    this.heartbeatTimer = this.later(() => {
      if (this.heartbeats && this.unanswered >= 2) this.socket?.close();
      this.unanswered += 1;
      this.send({ type: "heartbeat" });
      this.beat();
    }, HEARTBEAT_MS);
  }

  /** @param {Status} status @param {string} reason */
  setStatus(status, reason) {
    this.status = status;
    this.onstatus(status, reason);
  }
}

/** @param {string} data @returns {Message | null} */
function parse(data) {
  try {
    const message = JSON.parse(data);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}

/** The address of the show that this page is about, with the token that the page was opened by. @param {Location} location */
export function showAddress({ protocol, host, search }) {
  const given = new URLSearchParams(search);
  const asked = new URLSearchParams({ show: given.get("show") || "main" });
  if (given.get("token")) asked.set("token", given.get("token") ?? "");
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/client-ws?${asked}`;
}
