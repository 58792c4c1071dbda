// The channel: which one is read and how it goes, and the login.

import { channelWords } from "../words.js";
import { Mark, Panel } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {(message: import("../messages.js").Message) => void} Send */

/** @param {Room} room */
const isReading = ({ show, twitch }) => (twitch ? twitch.state !== "off" : Boolean(show.twitch));

/** @param {{ room: Room, send: Send }} props */
export function Twitch({ room, send }) {
  const { text, mood } = channelWords(room.show.twitch);
  const login = room.twitch?.login;
  return html`<${Panel} title="Twitch" name="twitch">
    <p role="status"><${Mark} mood=${mood}>${room.show.twitch ? text : "No channel is read."}<//></p>
    ${room.twitch?.missing?.length ? html`<p class="aside">The login lacks: ${room.twitch.missing.join(", ")}</p>` : null}
    ${(room.twitch?.problems ?? []).map((/** @type {string} */ problem) => html`<p class="aside" key=${problem}>${problem}</p>`)}
    ${isReading(room) ? html`<${Leave} send=${send} />` : html`<${Join} send=${send} hasLogin=${login?.state === "stored"} />`}
    <${Login} room=${room} send=${send} />
  <//>`;
}

/** @param {{ send: Send }} props */
function Leave({ send }) {
  return html`<div class="row">
    <button type="button" onClick=${() => send({ type: "twitch-disconnect" })}>Disconnect</button>
  </div>`;
}

/** @param {{ send: Send, hasLogin: boolean }} props */
function Join({ send, hasLogin }) {
  const join = (/** @type {any} */ event) => {
    event.preventDefault();
    const channel = event.currentTarget.elements.channel.value.trim();
    const token = event.currentTarget.elements.token.value.trim();
    if (!channel) return;
    const how = token ? { token } : hasLogin ? {} : { anonymous: true };
    send({ type: "twitch-connect", channel, ...how });
    event.currentTarget.elements.token.value = ""; // it is not kept in the page
  };
  return html`<form class="join" onSubmit=${join}>
    <label for="channel">Channel</label>
    <div class="row">
      <input id="channel" name="channel" maxlength="200" autocomplete="off" spellcheck=${false} placeholder="yourchannel" />
      <button type="submit" class="main">Connect</button>
    </div>
    <label for="token">Token, if you have one (it starts with oauth: or is 30 letters and digits)</label>
    <input id="token" name="token" type="password" maxlength="200" autocomplete="off" spellcheck=${false} />
    <p class="aside">${hasLogin ? "With the stored login." : "Without a login her chat is read only."}</p>
  </form>`;
}

/** @param {{ room: Room, send: Send }} props */
function Login({ room, send }) {
  const login = room.twitch?.login;
  if (!login) return null;
  if (room.login) {
    return html`<div class="login" role="status">
      <p>Open <a href=${safeAddress(room.login.verification_uri)} target="_blank" rel="noreferrer">${room.login.verification_uri}</a> and enter</p>
      <p class="code">${room.login.user_code}</p>
    </div>`;
  }
  return html`<div class="row">
    <button type="button" onClick=${() => send({ type: "twitch-login" })}>${login.state === "stored" ? "Log in anew" : "Log in with a code"}</button>
    <span class="aside">${loginWords(login)}</span>
  </div>`;
}

/** @param {{ state: string, reason?: string }} login */
export function loginWords({ state, reason }) {
  if (state === "stored") return "Logged in.";
  if (state === "failed") return `The login failed${reason ? `: ${reason}` : "."}`;
  return state === "waiting" ? "A login waits for its code." : "Not logged in.";
}

/** @param {string} address only the web's: never a script */
export const safeAddress = (address) => (/^https?:\/\//.test(address) ? address : undefined);
