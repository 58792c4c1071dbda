// The three steps. Each is given what is chosen and a way to change it.

import { html } from "../control/html.js";
import { Card, FaultLine, Field, Select, Tick } from "./fields.js";

/** @typedef {import("./choices.js").Choices} Choices */
/** @typedef {import("./choices.js").State} State */
/** @typedef {import("./choices.js").Server} Server */
/**
 * @typedef {{ chosen: Choices, state: State, servers: Server[] | null, faults: import("./choices.js").Fault[], busy: string,
 *   said: string, change: (part: Partial<Choices>) => void, look: () => void, tryBrain: () => void, hear: (voice: string) => void }} Props
 */

const PERSONAS = [
  ["a cosy cat", "A cheerful cat-eared streamer who loves games, music and her viewers."],
  ["a space pilot", "A dry-witted space pilot who collects bad puns and is secretly afraid of the dark."],
  ["a tiny dragon", "A very small dragon who is terribly proud of everything, and hoards tea cups."],
];

/** @param {Props} props */
export function Brain(props) {
  const { chosen, change, faults } = props;
  return html`
    <${Field}
      field="name"
      label="Her name"
      value=${chosen.name}
      most=${40}
      placeholder="Nova"
      faults=${faults}
      onChange=${(/** @type {string} */ name) => change({ name })}
    />
    <${Field}
      field="persona"
      label="What she is like, in a sentence"
      rows=${3}
      most=${600}
      value=${chosen.persona}
      faults=${faults}
      placeholder="A dry-witted space pilot who collects bad puns."
      onChange=${(/** @type {string} */ persona) => change({ persona })}
      hint=${html`For example
        ${PERSONAS.map(
          ([short, whole]) => html`<button type="button" class="chip" key=${short} onClick=${() => change({ persona: whole })}>${short}</button>`,
        )}`}
    />
    <fieldset>
      <legend>What she thinks with</legend>
      <${Card}
        group="brain"
        value="embedded"
        chosen=${chosen.brain}
        title="The demo brain"
        about="Comes along, needs nothing, and is only a demo: it shows that all works and says little of sense."
        onChoose=${(/** @type {string} */ brain) => change({ brain })}
      />
      <${Found} ...${props} />
      <${WithKey} ...${props} />
      <${Own} ...${props} />
      <${FaultLine} field="brain" faults=${faults} />
    </fieldset>
    ${chosen.brain === "embedded" ? null : html`<${TryIt} ...${props} />`}
  `;
}

/** @param {Props} props */
function Found({ chosen, servers, change, look, busy }) {
  if (servers === null) return html`<p class="looking" role="status">Looking for Ollama, LM Studio and others on this machine…</p>`;
  const again = html`<button type="button" class="link" disabled=${busy !== ""} onClick=${look}>Look again</button>`;
  if (servers.length === 0) {
    return html`<p class="looking">
      No Ollama, LM Studio, llama.cpp or vLLM runs on this machine. <a href="https://ollama.com" target="_blank" rel="noreferrer">Ollama</a> is
      free and private: start it, then ${again}
    </p>`;
  }
  return servers.map(
    (server) => html`<${Card}
      key=${server.address}
      group="brain"
      value=${server.address}
      chosen=${chosen.brain === "found" ? chosen.found : ""}
      title=${server.label}
      about=${server.models.length ? `Runs on this machine, free and private. Models: ${short(server.models)}` : "Runs on this machine, but has no model yet."}
      onChoose=${(/** @type {string} */ found) => change({ brain: "found", found, foundModel: server.models[0] ?? "" })}
    >
      ${server.models.length
        ? html`<${Select}
            field="brain.model"
            label="Model"
            value=${chosen.foundModel}
            options=${server.models.map((name) => [name, name])}
            onChange=${(/** @type {string} */ foundModel) => change({ foundModel })}
          />`
        : html`<p class="hint">Get one first, for example <code>ollama pull llama3.2</code>, then ${again}</p>`}
    <//>`,
  );
}

/** @param {string[]} names */
const short = (names) => (names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", "));

/** @param {Props} props */
function WithKey({ chosen, state, change, faults }) {
  const provider = state.providers.find(({ name }) => name === chosen.provider);
  return html`<${Card}
    group="brain"
    value="key"
    chosen=${chosen.brain}
    title="A provider, with a key"
    about="OpenAI, Anthropic, Google and others. The best answers; the provider sends a bill."
    onChoose=${(/** @type {string} */ brain) => change({ brain })}
  >
    <div class="pair">
      <${Select}
        field="brain.provider"
        label="Provider"
        value=${chosen.provider}
        options=${state.providers.map(({ name, label }) => [name, label])}
        onChange=${(/** @type {string} */ name) => change({ provider: name, model: "", key: "" })}
      />
      <${Field}
        field="brain.model"
        label="Model"
        value=${chosen.model}
        placeholder=${provider?.model}
        faults=${faults}
        onChange=${(/** @type {string} */ model) => change({ model })}
      />
    </div>
    <${Field}
      field="brain.key"
      label="Key"
      type="password"
      value=${chosen.key}
      faults=${faults}
      placeholder=${provider?.has_key ? "leave empty to use the one that is there" : ""}
      onChange=${(/** @type {string} */ key) => change({ key })}
      hint=${provider?.has_key
        ? html`<code>${provider.variable}</code> is there already.`
        : html`Goes into <code>keys.env</code>, which only your account can read. It is never shown again.`}
    />
  <//>`;
}

/** @param {Props} props */
function Own({ chosen, change, faults }) {
  return html`<${Card}
    group="brain"
    value="own"
    chosen=${chosen.brain}
    title="Another server"
    about="Any that speaks OpenAI's chat protocol, on this machine or elsewhere."
    onChoose=${(/** @type {string} */ brain) => change({ brain })}
  >
    <${Field}
      field="brain.address"
      label="Address"
      value=${chosen.address}
      faults=${faults}
      placeholder="http://127.0.0.1:8000/v1"
      onChange=${(/** @type {string} */ address) => change({ address })}
    />
    <div class="pair">
      <${Field}
        field="brain.model"
        label="Model"
        value=${chosen.ownModel}
        faults=${faults}
        onChange=${(/** @type {string} */ ownModel) => change({ ownModel })}
      />
      <${Field}
        field="brain.key"
        label="Key, if it wants one"
        type="password"
        value=${chosen.ownKey}
        faults=${faults}
        onChange=${(/** @type {string} */ ownKey) => change({ ownKey })}
      />
    </div>
  <//>`;
}

/** @param {Props} props */
function TryIt({ busy, said, tryBrain }) {
  return html`<div class="trial">
    <button type="button" disabled=${busy !== ""} onClick=${tryBrain}>${busy === "brain" ? "Asking…" : "Try it"}</button>
    <p role="status">${said ? html`<span class="good">It works.</span> <q>${said}</q>` : "One short request, to see whether it answers."}</p>
  </div>`;
}

/** @param {Props} props */
export function Voice({ chosen, state, change, faults, busy, hear }) {
  const listen = (/** @type {string} */ voice) =>
    html`<button type="button" disabled=${busy !== ""} onClick=${() => hear(voice)}>${busy === voice ? "One moment…" : "▶ Listen"}</button>`;
  const choose = (/** @type {string} */ voice) => change({ voice });
  return html`<fieldset>
    <legend class="unseen">How she sounds</legend>
    <${Card} group="voice" value="embedded" chosen=${chosen.voice} title="The voice that comes along" about="English, quick, on this machine." onChoose=${choose}>
      ${listen("embedded")}
    <//>
    ${state.has_edge
      ? html`<${Card}
          group="voice"
          value="edge"
          chosen=${chosen.voice}
          title="Microsoft Edge's voices"
          about="Many languages, no key; what she says goes to Microsoft."
          onChoose=${choose}
        >
          <${Field}
            field="voice.voice"
            label="Voice"
            value=${chosen.edgeVoice}
            faults=${faults}
            options=${["en-US-AvaMultilingualNeural", "en-US-EmmaMultilingualNeural", "en-GB-SoniaNeural", "de-DE-SeraphinaMultilingualNeural", "ja-JP-NanamiNeural", "fr-FR-VivienneMultilingualNeural", "es-ES-ElviraNeural"]}
            onChange=${(/** @type {string} */ edgeVoice) => change({ edgeVoice })}
          />
          ${listen("edge")}
        <//>`
      : null}
    <${Card}
      group="voice"
      value="openai"
      chosen=${chosen.voice}
      title="OpenAI's speech, or a server that speaks like it"
      about="Natural, many languages. OpenAI's own costs money; a Kokoro server of yours does not."
      onChoose=${choose}
    >
      <${SpeechFields} chosen=${chosen} state=${state} change=${change} faults=${faults} />
      ${listen("openai")}
    <//>
    <${FaultLine} field="voice" faults=${faults} />
    <p class="hint">More voices are in <code>docs/how-to/voice.md</code>: Piper, Kokoro, ElevenLabs.</p>
  </fieldset>`;
}

/** @param {Pick<Props, "chosen" | "state" | "change" | "faults">} props */
function SpeechFields({ chosen, state, change, faults }) {
  const shares = chosen.brain === "key" && chosen.provider === "openai";
  const there = state.providers.find(({ name }) => name === "openai")?.has_key || shares;
  return html`<div class="pair">
      <${Field} field="voice.voice" label="Voice" value=${chosen.speechVoice} faults=${faults} options=${["alloy", "ash", "coral", "nova", "sage", "shimmer"]} onChange=${(/** @type {string} */ speechVoice) => change({ speechVoice })} />
      <${Field} field="voice.model" label="Model" value=${chosen.speechModel} faults=${faults} onChange=${(/** @type {string} */ speechModel) => change({ speechModel })} />
    </div>
    <div class="pair">
      <${Field}
        field="voice.key"
        label="Key"
        type="password"
        value=${chosen.speechKey}
        faults=${faults}
        placeholder=${there ? "the one for OpenAI that is there" : ""}
        onChange=${(/** @type {string} */ speechKey) => change({ speechKey })}
      />
      <${Field}
        field="voice.address"
        label="Address, if it is not OpenAI's"
        value=${chosen.speechAddress}
        faults=${faults}
        placeholder="http://127.0.0.1:8880/v1"
        onChange=${(/** @type {string} */ speechAddress) => change({ speechAddress })}
      />
    </div>`;
}

/** @param {Props} props */
export function Start({ chosen, state, change, faults }) {
  const choose = (/** @type {string} */ start) => change({ start });
  const name = chosen.name.trim() || "she";
  return html`<fieldset>
      <legend class="unseen">Her first show</legend>
      <${Card}
        group="start"
        value="rehearse"
        chosen=${chosen.start}
        title="Rehearse now"
        about=${`Simulated viewers write for five minutes, and ${name} answers them here. Nobody else sees it, nothing of it is kept.`}
        onChoose=${choose}
      />
      <${Card}
        group="start"
        value="channel"
        chosen=${chosen.start}
        title="Read my Twitch chat"
        about="Anonymously: no login, nothing is written. The login comes later, in the control room."
        onChoose=${choose}
      >
        <${Field} field="channel" label="Channel" value=${chosen.channel} faults=${faults} placeholder="yourchannel" onChange=${(/** @type {string} */ channel) => change({ channel })} />
        ${chosen.brain === "embedded"
          ? html`<${Tick}
              field="demo_on_channel"
              checked=${chosen.demoOnChannel}
              faults=${faults}
              label="Yes, let the demo brain answer a real chat aloud."
              onChange=${(/** @type {boolean} */ demoOnChannel) => change({ demoOnChannel })}
            />`
          : null}
      <//>
      <${Card} group="start" value="talk" chosen=${chosen.start} title="Only talk with her" about="You write, she answers. Everything else comes later." onChoose=${choose} />
    </fieldset>
    ${state.is_set_up
      ? html`<${Tick}
          field="replace"
          checked=${chosen.replace}
          faults=${faults}
          label=${html`Replace <code>${state.file}</code>, which is there already. A copy of it is kept, and who may connect stays as it is.`}
          onChange=${(/** @type {boolean} */ replace) => change({ replace })}
        />`
      : null}`;
}
