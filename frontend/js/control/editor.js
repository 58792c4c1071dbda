// The panels for editing: persona, moderation, cue sheets, commands, triggers, and which line is answered.

import { Choice, EditPanel, ListField, NumberField, Switch, TextField } from "./edit-parts.js";
import { Panel } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {import("./edit-parts.js").Send} Send */
/** @typedef {import("./edit-parts.js").Change} Change */
/** @typedef {{ edits: Edits, send: Send, change: Change }} Props */

/** Below what is edited stand the children: what is set up once, and not in the file. @param {Props & { children: any }} props */
export function Editor({ children, ...props }) {
  const { edits } = props;
  const more = html`<div class="columns more">${children}</div>`;
  if (!edits.settings) return html`<p class="empty" role="status">${edits.refused || "The settings are being read…"}</p>${more}`;
  return html`<${FileState} edits=${edits} send=${props.send} />
    <div class="columns editor">
      <div class="column">
        <${Persona} ...${props} />
        <${Sheets} ...${props} />
      </div>
      <div class="column">
        <${Moderation} ...${props} />
        <${Weights} ...${props} />
      </div>
      <div class="column">
        <${Commands} ...${props} />
        <${Triggers} ...${props} />
      </div>
    </div>
    ${more}`;
}

/** @param {{ edits: Edits, send: Send }} props */
export function FileState({ edits, send }) {
  const { settings, refused } = edits;
  if (!settings) return null;
  const { file, revision, can_undo, needs_restart } = settings;
  return html`<${Panel} title="Settings" name="edit-file">
    <div class="row">
      <span class="grow">What you save here is written into <b>${file}</b>, and counts from her next turn; rules of the
        moderation count at once. What she is saying is not cut. Comments in the file stay.</span>
      <button type="button" id="undo" disabled=${!can_undo} onClick=${() => send({ type: "undo-edit", revision })}>Undo the last change</button>
    </div>
    ${refused ? html`<p class="fault" role="alert">The file was changed and cannot be used; what was good before still counts. ${refused}</p>` : null}
    ${needs_restart.length
      ? html`<p class="aside">Needs a restart of the program: <b class="words">${needs_restart.join(", ")}</b></p>`
      : null}
  <//>`;
}

/** @param {Props} props */
export function Persona(props) {
  return html`<${EditPanel} title="Persona" section="persona" ...${props}>
    <${TextField}
      ...${props}
      section="persona"
      path=${[]}
      label="Who she is"
      rows=${14}
      hint="What her language model is told of her. What she remembers stays."
    />
  <//>`;
}

/** @param {Props} props */
export function Moderation(props) {
  const place = { ...props, section: "moderation" };
  return html`<${EditPanel} title="Banned words and topics" section="moderation" ...${props}>
    <p class="aside">One a line. The rules count from the next line of chat and the next sentence of hers.</p>
    <${ListField} ...${place} path=${["banned_words"]} label="Banned words" hint="A line of chat with one of them never reaches her." />
    <${ListField} ...${place} path=${["topics"]} label="Banned topics" hint="Neither read nor spoken: politics, religion, sexual, violence, drugs, or a phrase of yours." />
    <${ListField} ...${place} path=${["output", "words"]} label="Words she never says" />
    <${ListField} ...${place} path=${["hold", "words"]} label="Words that hold a line for you" />
    <div class="row">
      <${NumberField} ...${place} path=${["air_delay_s"]} label="Hold each of her sentences for" max=${30} unit="seconds" />
    </div>
  <//>`;
}

/** @type {Record<string, string>} */
const FACTORS = {
  addressed: "Names her",
  question: "Asks something",
  bits: "Comes with bits",
  wait: "Waited long",
  freshness: "Is fresh",
  novelty: "Is new to her",
  role: "Subscriber, VIP, moderator",
  duplicates: "Was written before",
  length: "Is long",
  noise: "Is noise",
};

/** @param {Props} props */
export function Weights(props) {
  const place = { ...props, section: "selection" };
  return html`<${EditPanel} title="Which line is answered" section="selection" ...${props}>
    <p class="aside">How much counts what a line of chat is. The last three count against it.</p>
    <div class="weights">
      ${Object.entries(FACTORS).map(
        ([name, label]) => html`<${NumberField} key=${name} ...${place} path=${["weights", name]} label=${label} max=${100} />`,
      )}
      <${NumberField} ...${place} path=${["max_age_s"]} label="Not answered after, seconds" max=${600} />
      <${NumberField} ...${place} path=${["queue_size"]} label="Lines that may wait" max=${1000} />
    </div>
  <//>`;
}

/** @type {[string, string][]} */
const ROLES = [
  ["everyone", "Everyone"],
  ["follower", "Followers"],
  ["subscriber", "Subscribers"],
  ["vip", "VIPs"],
  ["moderator", "Moderators"],
  ["broadcaster", "Only you"],
];

/** @param {Props} props */
export function Commands(props) {
  const place = { ...props, section: "commands" };
  const names = Object.keys(props.edits.settings?.sections.commands.defaults ?? {});
  return html`<${EditPanel} title="Commands of the chat" section="commands" ...${props}>
    <div class="table-frame" tabindex="0" role="group" aria-label="Commands">
      <table>
        <thead>
          <tr><th scope="col">Command</th><th scope="col">On</th><th scope="col">Who may</th><th scope="col">Each waits, s</th><th scope="col">All wait, s</th></tr>
        </thead>
        <tbody>
          ${names.map(
            (name) => html`<tr key=${name}>
              <th scope="row">!${name}</th>
              <td><${Switch} ...${place} path=${[name, "enabled"]} label=${`!${name} is on`} unseen /></td>
              <td><${Choice} ...${place} path=${[name, "allow"]} label=${`Who may use !${name}`} options=${ROLES} /></td>
              <td><${NumberField} ...${place} path=${[name, "viewer_cooldown_s"]} label=${`!${name}: seconds each viewer waits`} unseen max=${86400} /></td>
              <td><${NumberField} ...${place} path=${[name, "global_cooldown_s"]} label=${`!${name}: seconds all wait`} unseen max=${86400} /></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  <//>`;
}

/** @param {Props} props */
export function Sheets(props) {
  return html`<${EditPanel} title="Cue sheets" section="cue_sheets" ...${props}>
    <${TextField}
      ...${props}
      section="cue_sheets"
      path=${[]}
      code
      rows=${12}
      label="What she does about a raid, a gift … (YAML)"
      hint="welcome: {on: raid, steps: [{motion: [Wave, 0]}, {prompt: “Welcome {username}.”}]}"
    />
  <//>`;
}

/** @param {Props} props */
export function Triggers(props) {
  return html`<${EditPanel} title="Triggers" section="triggers" ...${props}>
    <${TextField}
      ...${props}
      section="triggers"
      path=${[]}
      code
      rows=${12}
      label="What she does unasked (YAML)"
      hint="A trigger that was switched on the air stays so as long as it is the same here."
    />
  <//>`;
}
