// After the third step: she begins again with what was chosen, and is seen and heard right here.

import { html } from "../control/html.js";

/**
 * @typedef {{ file: string, copy_of_before: string, keys: string[], run: number }} Applied
 * @typedef {{ applied: Applied, state: import("./choices.js").State, waiting: boolean, problem: string,
 *   rehearse: (wanted: boolean) => void, back: () => void }} Props
 */

/** @param {Props} props */
export function Done(props) {
  if (props.problem) return html`<${Failed} ...${props} />`;
  if (props.waiting) {
    return html`<section class="paper" aria-busy="true">
      <p class="waking" role="status"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span> Waking her up with what you chose…</p>
    </section>`;
  }
  return html`<${Live} ...${props} />`;
}

/** @param {Props} props */
function Failed({ problem, applied, back }) {
  return html`<section class="paper">
    <h2 tabindex="-1" data-focus>That did not start</h2>
    <p class="fault" role="alert">${problem}</p>
    <p>She is on air as she was before. <code>${applied.file}</code> holds what you chose: change it here and write it once more.</p>
    <div class="buttons"><button type="button" class="main" onClick=${back}>Back to the steps</button></div>
  </section>`;
}

/** @param {Props} props */
function Live({ state, applied, rehearse }) {
  const { name, is_rehearsing: rehearsing } = state;
  return html`<section class="paper live">
    <h2 tabindex="-1" data-focus>${rehearsing ? `${name} rehearses` : `${name} is live`}</h2>
    <p role="status">
      ${rehearsing
        ? "Simulated viewers write to her. Click into the picture if you hear nothing. After five minutes she is live, with an empty chat."
        : "She reads and answers. Click into the picture if you hear nothing."}
    </p>
    <iframe class="stage" src="/stage?bg=pastel" title=${`${name} on her stage`} allow="autoplay"></iframe>
    <div class="buttons">
      ${rehearsing
        ? html`<button type="button" class="main" onClick=${() => rehearse(false)}>End the rehearsal and go live</button>`
        : html`<button type="button" onClick=${() => rehearse(true)}>Rehearse with simulated viewers</button>`}
      <a class="button" href="/">Talk to her</a>
      <a class="button" href="/control">Control room</a>
    </div>
    <ul class="written">
      <li><code>${applied.file}</code> is written, each key with a remark. It is read at every start.</li>
      ${applied.keys.length ? html`<li><code>keys.env</code> holds ${applied.keys.join(", ")}. Keep it to yourself.</li>` : null}
      ${applied.copy_of_before ? html`<li>The file from before is <code>${applied.copy_of_before}</code>.</li>` : null}
      <li>For OBS: a browser source with the address <code>${location.origin}/stage</code>.</li>
    </ul>
  </section>`;
}
