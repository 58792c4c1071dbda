// Why she said it: the chain of one turn in words, from what came in to what went out. Loaded once somebody asks.

import { reasonWords } from "./chat.js";
import { pointWords, seconds } from "./frame.js";
import { html } from "./html.js";
import { money } from "./spend.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {{ message_id: string, username: string, score: number, parts: Record<string, number> }} Candidate */
/** @typedef {{ message_id: string, without: string, score: number, winner: string }} Otherwise */
/** @typedef {{ provider: string, model: string, prompt_tokens: number, answer_tokens: number, cost: number | null }} Bill */
/** @typedef {{ text: string, rule: string, index: number | null, sound_s: number | null }} Sentence */
/**
 * @typedef {object} Why the answer to get-turn-why
 * @property {string} turn_id
 * @property {string} source
 * @property {string} message_id
 * @property {string} trigger
 * @property {{ outcome: string, reason: string, score: number | null } | null} decision
 * @property {Candidate[]} candidates the best first
 * @property {Otherwise[]} otherwise
 * @property {Record<string, string>} providers
 * @property {{ model: string, prompt: unknown[] }[]} requests
 * @property {Bill[]} bills
 * @property {Sentence[]} sentences
 * @property {Record<string, number | null> | null} timings
 * @property {boolean} interrupted
 * @property {string} retracted
 * @property {string} explanation
 */

/** @param {string} name a part of the score or a job */
const plain = (name) => name.replaceAll(/[-_]/g, " ");

/** @param {string} id @param {Why} why */
const writer = (id, why) => why.candidates.find(({ message_id }) => message_id === id)?.username || "a viewer whose name is not known any more";

/** @param {Otherwise} other @param {Why} why */
export function otherwiseWords({ message_id, without, score, winner }, why) {
  const share = why.candidates.find((each) => each.message_id === message_id)?.parts[without] ?? 0;
  const change = share < 0 ? "lost nothing" : "got nothing";
  return `${writer(winner, why)} would have won if ${writer(message_id, why)}'s line had ${change} for “${plain(without)}”: it would have had ${score.toFixed(1)}.`;
}

/** @param {Sentence} sentence */
export function sentenceWords({ rule, index, sound_s }) {
  if (rule) return `kept off the air: ${reasonWords(rule)}`;
  if (index === null || index === undefined) return "passed the guard, did not go out";
  return `passed the guard, ${sound_s ? `sounded ${seconds(sound_s * 1000)}` : "shown without sound"}`;
}

/** @param {Bill} bill @param {string} currency */
export function billWords({ provider, model, prompt_tokens, answer_tokens, cost }, currency) {
  const price = cost === null ? "price not known" : money(cost, currency);
  return `${provider}, ${model}: ${prompt_tokens} tokens in, ${answer_tokens} out, ${price}`;
}

/** @param {{ why: Why, room: Room }} props */
function Candidates({ why, room }) {
  if (why.candidates.length === 0) return null;
  const words = new Map(room.chat.map(({ id, message }) => [id, message]));
  return html`<h3>Lines that she could have answered</h3>
    <div class="table-frame" tabindex="0" role="region" aria-label="Lines and their scores">
      <table>
        <thead>
          <tr><th scope="col">Line</th><th scope="col">Score</th><th scope="col">Made of</th></tr>
        </thead>
        <tbody>
          ${why.candidates.map((each) => {
            const parts = Object.entries(each.parts).filter(([, share]) => share !== 0);
            return html`<tr key=${each.message_id} class=${each.message_id === why.message_id ? "chosen" : ""}>
              <th scope="row" class="words" dir="auto">
                ${each.message_id === why.message_id ? "✓ Chosen: " : ""}<span class="who">${each.username || "Unknown"}</span> ${words.get(each.message_id) ?? ""}
              </th>
              <td>${each.score.toFixed(1)}</td>
              <td>${parts.map(([name, share]) => `${plain(name)} ${share.toFixed(1)}`).join(", ")}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    ${why.otherwise.map((other) => html`<p key=${`${other.message_id} ${other.without}`}>${otherwiseWords(other, why)}</p>`)}`;
}

/** @param {{ why: Why, room: Room }} props */
export function Chain({ why, room }) {
  const currency = room.show.spend?.currency ?? "";
  const models = [...new Set(why.requests.map(({ model }) => model))];
  const about = why.message_id && room.chat.find(({ id }) => id === why.message_id);
  const fate = why.retracted ? `Taken back: ${reasonWords(why.retracted)}.` : why.interrupted ? "Cut off before its end." : "";
  const isOld = room.speech && room.speech.turn !== why.turn_id;
  return html`${isOld ? html`<p class="aside">This is about what she said before. Press “Why?” again for the last.</p>` : null}
    <p>${why.explanation}</p>
    ${about ? html`<p><span class="who">${about.display_name || about.username}</span> <q class="words" dir="auto">${about.message}</q></p>` : null}
    ${fate ? html`<p>${fate}</p>` : null}
    <${Candidates} why=${why} room=${room} />
    <h3>Sentences</h3>
    ${why.sentences.length === 0 ? html`<p class="empty">None.</p>` : null}
    <ol class="why-sentences">
      ${why.sentences.map((each, i) => html`<li key=${i}><span class="words" dir="auto">${each.text}</span> <span class="reason">${sentenceWords(each)}</span></li>`)}
    </ol>
    <h3>Who did it</h3>
    <p class="words">${Object.entries(why.providers).map(([job, engine]) => `${plain(job)}: ${engine}`).join(" · ") || "Not known."}</p>
    ${models.length ? html`<p class="words">Asked: ${models.join(", ")}</p>` : null}
    ${why.bills.map((bill, i) => html`<p key=${i} class="words">${billWords(bill, currency)}</p>`)}
    ${why.bills.length === 0 ? html`<p>Cost: nothing, no paid model was asked.</p>` : null}
    <h3>How long it took</h3>
    <p>${why.timings ? pointWords(why.timings) || "It reached nothing." : "The turn is still under way."}</p>`;
}
