// The state of things in words, for people.

/** @typedef {import("./messages.js").CharacterState} CharacterState */
/** @typedef {import("./messages.js").Provider} Provider */

/**
 * @param {CharacterState["twitch"]} twitch
 * @returns {{ text: string, mood: "good" | "busy" | "bad" | "off" }}
 */
export function channelWords(twitch) {
  if (!twitch?.channel) return { text: "No Twitch channel yet: connect one in the control room", mood: "off" };
  const channel = `#${twitch.channel}`;
  const why = twitch.reason ? ` (${twitch.reason})` : "";
  if (twitch.state === "connected") return { text: `Reading ${channel}`, mood: "good" };
  if (twitch.state === "connecting") return { text: `Joining ${channel}…`, mood: "busy" };
  if (twitch.state === "reconnecting") return { text: `Reconnecting to ${channel}…${why}`, mood: "busy" };
  return { text: `Cannot read ${channel}${why}`, mood: "bad" };
}

/**
 * @param {"connecting" | "connected" | "lost"} status
 * @returns {{ text: string, mood: "good" | "busy" | "bad" }}
 */
export function connectionWords(status) {
  if (status === "connected") return { text: "Connected", mood: "good" };
  if (status === "connecting") return { text: "Connecting…", mood: "busy" };
  return { text: "Connection lost", mood: "bad" };
}

const DEMO =
  "Demo brain: a tiny embedded model that proves the pipeline. With Ollama, LM Studio or a cloud model she makes sense.";

const SCRIPTED = "Scripted brain: written lines that repeat a word of yours; no model is running.";
const HUMS = "She hums instead of speaking: ";

/**
 * What a visitor should know of the engines at work, a line each; none when real ones do what they were set to.
 * @param {CharacterState} state
 */
export function engineNotices({ providers, mode }) {
  const { llm, tts, asr, external_api: remote } = providers ?? {};
  const isRemote = remote !== undefined && mode !== undefined && mode !== "orphiq";
  // In `autonomous` the character's own brain stands in for a provider that is in trouble.
  const isOwn = !isRemote || (mode === "autonomous" && Boolean(remote.note));
  return [
    isRemote ? noteOf("Provider", remote) : "",
    ...(isOwn ? brainNotices(llm) : []),
    voiceNotice(tts),
    noteOf("Ears", asr),
  ].filter((line) => line !== "");
}

/** @param {Provider | undefined} llm */
function brainNotices(llm) {
  if (llm?.engine === "scripted_llm") return [`${SCRIPTED} ${llm.note ?? ""}`.trim()];
  return [llm?.is_demo ? DEMO : "", noteOf("Brain", llm)];
}

/** @param {Provider | undefined} tts */
function voiceNotice(tts) {
  if (tts?.engine === "tone_tts") return HUMS + (tts.note || "tone_tts has tones and no words.");
  return noteOf("Voice", tts);
}

/** @param {string} part @param {Provider | undefined} provider */
function noteOf(part, provider) {
  return provider?.note ? `${part}: ${provider.note}` : "";
}

/**
 * Words that come without a sound, although they could be said.
 * @param {import("./messages.js").AudioCue} cue
 * @param {string} text what is shown of it
 */
export function lacksSound({ audio }, text) {
  return audio === null && /\p{L}/u.test(text);
}
