// What has been chosen so far, and what of it is sent. Pure: no page, no network.

/**
 * @typedef {{ name: string, label: string, model: string, variable: string, has_key: boolean }} Provider
 * @typedef {{ provider: string, label: string, address: string, models: string[] }} Server
 * @typedef {{ run: number, is_set_up: boolean, file: string, is_rehearsing: boolean, problem: string, name: string,
 *   is_demo: boolean, has_edge: boolean, providers: Provider[] }} State what the server says of itself
 * @typedef {{ field: string, text: string }} Fault
 * @typedef {{
 *   step: number,
 *   name: string, persona: string,
 *   brain: string, found: string, foundModel: string, provider: string, model: string, key: string,
 *   address: string, ownModel: string, ownKey: string,
 *   voice: string, edgeVoice: string, speechAddress: string, speechModel: string, speechVoice: string, speechKey: string,
 *   start: string, channel: string, demoOnChannel: boolean, replace: boolean
 * }} Choices
 */

/** @returns {Choices} */
export const nothingChosen = () => ({
  step: 1,
  name: "",
  persona: "",
  brain: "embedded",
  found: "",
  foundModel: "",
  provider: "openai",
  model: "",
  key: "",
  address: "",
  ownModel: "",
  ownKey: "",
  voice: "embedded",
  edgeVoice: "en-US-AvaMultilingualNeural",
  speechAddress: "",
  speechModel: "gpt-4o-mini-tts",
  speechVoice: "coral",
  speechKey: "",
  start: "rehearse",
  channel: "",
  demoOnChannel: false,
  replace: false,
});

/** @param {Choices} chosen @param {Server[]} servers @param {Provider[]} providers */
export function brainOf(chosen, servers, providers) {
  if (chosen.brain === "found") {
    const server = servers.find(({ address }) => address === chosen.found);
    const model = chosen.foundModel || server?.models[0] || "";
    return { kind: "served", provider: server?.provider ?? "custom", address: chosen.found, model };
  }
  if (chosen.brain === "key") {
    const model = chosen.model || providers.find(({ name }) => name === chosen.provider)?.model || "";
    return { kind: "served", provider: chosen.provider, model, key: chosen.key };
  }
  if (chosen.brain === "own") {
    return { kind: "served", provider: "custom", address: chosen.address, model: chosen.ownModel, key: chosen.ownKey };
  }
  return { kind: "embedded" };
}

/** OpenAI's voice speaks with the key that was given for OpenAI's brain. @param {Choices} chosen */
export function voiceOf(chosen) {
  if (chosen.voice === "edge") return { kind: "edge", voice: chosen.edgeVoice };
  if (chosen.voice !== "openai") return { kind: "embedded" };
  const shares = chosen.brain === "key" && chosen.provider === "openai" && !chosen.speechAddress;
  return {
    kind: "openai",
    address: chosen.speechAddress,
    model: chosen.speechModel,
    voice: chosen.speechVoice,
    key: chosen.speechKey || (shares ? chosen.key : ""),
  };
}

/** All three steps as the server takes them. @param {Choices} chosen @param {Server[]} servers @param {Provider[]} providers */
export function bodyOf(chosen, servers, providers) {
  return {
    name: chosen.name,
    persona: chosen.persona,
    brain: brainOf(chosen, servers, providers),
    voice: voiceOf(chosen),
    channel: chosen.start === "channel" ? chosen.channel : "",
    rehearse: chosen.start === "rehearse",
    demo_on_channel: chosen.demoOnChannel,
    replace: chosen.replace,
  };
}

/** What is missing in a step, each beside its field. @param {Choices} chosen @param {State} state @returns {Fault[]} */
export function faultsOf(chosen, state) {
  const missing = (/** @type {string} */ value, /** @type {string} */ field, /** @type {string} */ text) =>
    value.trim() ? [] : [{ field, text }];
  if (chosen.step === 1) return [...missing(chosen.name, "name", "Give her a name."), ...brainFaults(chosen, state, missing)];
  if (chosen.step === 2) {
    return chosen.voice === "openai"
      ? [...missing(chosen.speechModel, "voice.model", "Name a model."), ...missing(chosen.speechVoice, "voice.voice", "Name a voice.")]
      : [];
  }
  const isDemo = chosen.start === "channel" && chosen.brain === "embedded" && !chosen.demoOnChannel;
  return [
    ...(chosen.start === "channel" ? missing(chosen.channel, "channel", "Name your channel, as in its address.") : []),
    ...(isDemo ? [{ field: "demo_on_channel", text: "Tick this, or go back and pick another brain." }] : []),
    ...(state.is_set_up && !chosen.replace ? [{ field: "replace", text: `Tick this to replace ${state.file}.` }] : []),
  ];
}

/** @param {Choices} chosen @param {State} state @param {(value: string, field: string, text: string) => Fault[]} missing */
function brainFaults(chosen, state, missing) {
  if (chosen.brain === "found") return missing(chosen.found, "brain", "Pick one of those that were found.");
  if (chosen.brain === "own") {
    return [
      ...missing(chosen.address, "brain.address", "Give its address, for example http://127.0.0.1:8000/v1."),
      ...missing(chosen.ownModel, "brain.model", "Name a model that it has."),
    ];
  }
  if (chosen.brain !== "key") return [];
  const provider = state.providers.find(({ name }) => name === chosen.provider);
  return [
    ...missing(chosen.model || (provider?.model ?? ""), "brain.model", "Name a model."),
    ...(provider?.has_key ? [] : missing(chosen.key, "brain.key", "Paste the key from your account there.")),
  ];
}

/** The step on which a field stands. @param {string} field */
export function stepOf(field) {
  if (/^(name|persona|brain)/.test(field)) return 1;
  return field.startsWith("voice") ? 2 : 3;
}
