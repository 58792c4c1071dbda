// Reads a channel of the test IRC server with twurple and prints, as one line of JSON, what it understood.
// Usage: TWURPLE_MOCK_API_PORT=PORT node twurple_chat.js IRC_PORT CHANNEL LINES CLIENT_ID TOKEN
import { StaticAuthProvider } from "@twurple/auth";
import { ChatClient } from "@twurple/chat";

const [port, channel, lines, clientId, token] = process.argv.slice(2);
const counts = { messages: 0, actions: 0, timeouts: 0, bans: 0, cleared: 0, deleted: 0 };
const client = new ChatClient({
  authProvider: new StaticAuthProvider(clientId, token),
  channels: [channel],
  webSocket: true,
  ssl: false,
  hostName: "127.0.0.1",
  logger: { minLevel: "critical" },
});
// It knows the ports 80 and 443 only.
client._ircClient._connection._target = { hostName: "127.0.0.1", port: Number(port), secure: false };

let seen = 0;
function count(kind) {
  counts[kind] += 1;
  seen += 1;
  if (seen === Number(lines)) {
    console.log(JSON.stringify(counts));
    process.exit(0);
  }
}

client.onMessage(() => count("messages"));
client.onAction(() => count("actions"));
client.onTimeout(() => count("timeouts"));
client.onBan(() => count("bans"));
client.onChatClear(() => count("cleared"));
client.onMessageRemove(() => count("deleted"));
client.onJoinFailure((name, reason) => {
  console.error(name, reason);
  process.exit(1);
});
client.connect();
