// Reads a channel of the test Twitch over EventSub with twurple, and prints as one line of JSON what it understood.
// Usage: TWURPLE_MOCK_API_PORT=PORT node twurple_listen.js CLIENT_ID TOKEN BROADCASTER_ID USER_ID LAST
// It prints "ready" when all is subscribed, and ends with the message whose text is LAST.
import { ApiClient } from "@twurple/api";
import { StaticAuthProvider } from "@twurple/auth";
import { EventSubWsListener } from "@twurple/eventsub-ws";

const [clientId, token, room, user, last] = process.argv.slice(2);
const told = { messages: [], deleted: [], follows: [], notices: [], redemptions: [], online: 0, revoked: [] };
const quiet = { minLevel: "critical" };
const apiClient = new ApiClient({ authProvider: new StaticAuthProvider(clientId, token), logger: quiet });
const listener = new EventSubWsListener({ apiClient, logger: quiet });

function fail(error) {
  console.error(error);
  process.exit(1);
}

const wanted = 6;
let created = 0;
listener.onSubscriptionCreateSuccess(() => {
  created += 1;
  if (created === wanted) console.log("ready");
});
listener.onSubscriptionCreateFailure((subscription, error) => fail(error));
listener.onRevoke((subscription, status) => told.revoked.push(status));
listener.onChannelChatMessageDelete(room, user, (event) => told.deleted.push(event.messageId));
listener.onChannelFollow(room, user, (event) => told.follows.push(event.userName));
listener.onChannelChatNotification(room, user, (event) => told.notices.push(event.type));
listener.onChannelRedemptionAdd(room, (event) => told.redemptions.push(`${event.rewardTitle} ${event.input}`));
listener.onStreamOnline(room, () => (told.online += 1));
listener.onChannelChatMessage(room, user, (event) => {
  if (event.messageText !== last) {
    told.messages.push(event.messageId);
    return;
  }
  console.log(JSON.stringify(told));
  process.exit(0);
});
listener.start();
