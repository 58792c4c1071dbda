// Reads a channel of the test server with tmi.js and prints, as one line of JSON, what it understood.
// Usage: node tmi_count.js PORT CHANNEL LINES [TOKEN LOGIN]; it ends after LINES lines of chat and moderation.
import tmi from "tmi.js";

const [port, channel, lines, password, username] = process.argv.slice(2);
const counts = { messages: 0, actions: 0, timeouts: 0, bans: 0, cleared: 0, deleted: 0, joined: 0 };
const client = new tmi.Client({
  options: { debug: false, joinInterval: 300, skipUpdatingEmotesets: true },
  connection: { server: "127.0.0.1", port: Number(port), secure: false, reconnect: false },
  channels: [channel],
  ...(password && { identity: { username, password } }),
});
client.log.setLevel("fatal");

let seen = 0;
function count(kind) {
  counts[kind] += 1;
  seen += 1;
  if (seen === Number(lines)) {
    console.log(JSON.stringify(counts));
    process.exit(0);
  }
}

client.on("join", (_channel, _name, self) => {
  if (self) counts.joined += 1;
});
client.on("chat", () => count("messages"));
client.on("action", () => count("actions"));
client.on("timeout", () => count("timeouts"));
client.on("ban", () => count("bans"));
client.on("clearchat", () => count("cleared"));
client.on("messagedeleted", () => count("deleted"));
client.on("disconnected", (reason) => {
  console.error(reason);
  process.exit(1);
});
client.connect().catch((error) => {
  console.error(error);
  process.exit(1);
});
