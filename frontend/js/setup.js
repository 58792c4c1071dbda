// The set-up: three steps, each checked before the next; then she begins again with what was chosen.

import { html, render, signal } from "./control/html.js";
import { bodyOf, brainOf, faultsOf, nothingChosen, stepOf, voiceOf } from "./setup/choices.js";
import { Done } from "./setup/done.js";
import * as server from "./setup/server.js";
import { Brain, Start, Voice } from "./setup/steps.js";

/** @typedef {import("./setup/choices.js").Choices} Choices */
/** @typedef {import("./setup/choices.js").Fault} Fault */

const STEPS = ["Who she is", "Her voice", "Her first show"];
const LOOK_EVERY_MS = 700;
const PATIENCE_MS = 120_000;

const state = signal(/** @type {import("./setup/choices.js").State | null} */ (null));
const chosen = signal(nothingChosen());
const servers = signal(/** @type {import("./setup/choices.js").Server[] | null} */ (null));
const faults = signal(/** @type {Fault[]} */ ([]));
/** What is under way: "brain", the kind of a voice, "apply". */
const busy = signal("");
const said = signal("");
/** The brain that failed its trial: it may be gone on with all the same. */
const untried = signal("");
const applied = signal(/** @type {import("./setup/done.js").Applied | null} */ (null));
const waiting = signal(false);
const problem = signal("");
let answered = "";
const player = new Audio();

const brain = () => brainOf(chosen.value, servers.value ?? [], state.value?.providers ?? []);

/** @param {Partial<Choices>} part */
function change(part) {
  chosen.value = { ...chosen.value, ...part };
  if (faults.value.length) faults.value = faults.value.filter(({ field }) => !isAbout(part, field));
  if (JSON.stringify(brain()) !== answered) said.value = "";
}

/** A fault goes as soon as something of its part is changed. @param {Partial<Choices>} part @param {string} field */
function isAbout(part, field) {
  const [key] = Object.keys(part);
  const isOfItsOwn = ["name", "persona"];
  if (isOfItsOwn.includes(field) || isOfItsOwn.includes(key)) return key === field;
  return stepOf(field) === chosen.value.step;
}

/** Do one thing at a time; a refusal goes beside its field. @param {string} what @param {() => Promise<void>} work */
async function doing(what, work) {
  if (busy.value) return;
  busy.value = what;
  faults.value = [];
  try {
    await work();
  } catch (error) {
    const field = error instanceof server.Refusal ? error.field : "";
    refuse([{ field, text: error instanceof Error ? error.message : String(error) }]);
  } finally {
    busy.value = "";
  }
}

/** @param {Fault[]} found */
function refuse(found) {
  faults.value = found;
  const field = found[0]?.field;
  if (field && stepOf(field) !== chosen.value.step) chosen.value = { ...chosen.value, step: stepOf(field) };
  requestAnimationFrame(() => {
    const faulty = document.querySelector("[aria-invalid=true]") ?? document.querySelector(".fault");
    if (faulty instanceof HTMLElement) faulty.focus();
    faulty?.scrollIntoView({ block: "nearest" });
  });
}

function look() {
  servers.value = null;
  server.servers().then(
    (found) => (servers.value = found.servers),
    () => (servers.value = []),
  );
}

const tryBrain = () =>
  doing("brain", async () => {
    const asked = JSON.stringify(brain());
    try {
      said.value = (await server.tryBrain(brain())).said;
      answered = asked;
      untried.value = "";
    } catch (error) {
      untried.value = asked;
      throw error;
    }
  });

/** @param {string} voice */
const hear = (voice) =>
  doing(voice, async () => {
    const sound = await server.hear(voiceOf({ ...chosen.value, voice }), chosen.value.name.trim());
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(sound);
    await player.play();
  });

async function next() {
  const found = state.value ? faultsOf(chosen.value, state.value) : [];
  if (found.length) return refuse(found);
  const { step } = chosen.value;
  if (step === 1 && brain().kind === "served" && answered !== JSON.stringify(brain()) && untried.value !== JSON.stringify(brain())) {
    await tryBrain();
    if (faults.value.length) return;
  }
  if (step < STEPS.length) return go(step + 1);
  await write();
}

/** @param {number} step */
function go(step) {
  faults.value = [];
  chosen.value = { ...chosen.value, step };
  focusHeading();
}

function focusHeading() {
  scrollTo({ top: 0 });
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector("[data-focus]"))?.focus());
}

const write = () =>
  doing("apply", async () => {
    applied.value = await server.apply(bodyOf(chosen.value, servers.value ?? [], state.value?.providers ?? []));
    // The keys have gone where they belong; this page need not know them any longer.
    chosen.value = { ...chosen.value, key: "", ownKey: "", speechKey: "" };
    await untilRun(/** @type {any} */ (applied.value).run);
  });

/** @param {boolean} wanted */
const rehearse = (wanted) =>
  doing("apply", async () => {
    await untilRun((await server.rehearse(wanted)).run);
  });

/** Wait for the run after that one. @param {number} before */
async function untilRun(before) {
  waiting.value = true;
  problem.value = "";
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    const now = await server.state().catch(() => null);
    if (now && now.run > before) {
      state.value = now;
      problem.value = now.problem;
      waiting.value = false;
      return focusHeading();
    }
  }
  waiting.value = false;
  problem.value = "She did not come back within two minutes. The terminal in which she was started says why.";
}

/** What ends a rehearsal by itself begins a new run: the page keeps up. */
async function keepUp() {
  if (!applied.value || waiting.value || busy.value) return;
  const now = await server.state().catch(() => null);
  if (now) state.value = now;
}

function Steps() {
  const { step } = chosen.value;
  return html`<ol class="steps" aria-label="Steps">
    ${STEPS.map(
      (title, place) => html`<li key=${title} class=${place + 1 < step ? "past" : ""} aria-current=${place + 1 === step ? "step" : undefined}>
        <span class="number" aria-hidden="true">${place + 1 < step ? "✓" : place + 1}</span><span>${title}</span>
      </li>`,
    )}
  </ol>`;
}

function Wizard() {
  const { step } = chosen.value;
  const known = /** @type {import("./setup/choices.js").State} */ (state.value);
  const parts = { chosen: chosen.value, state: known, servers: servers.value, faults: faults.value, busy: busy.value, said: said.value, change, look, tryBrain, hear };
  const Step = [Brain, Voice, Start][step - 1];
  const general = faults.value.find(({ field }) => field === "");
  const hasFailed = step === 1 && untried.value !== "" && untried.value === JSON.stringify(brain());
  const onward = step === 3 ? "Write it down and begin" : hasFailed ? "Go on all the same" : "Next";
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void next();
  };
  return html`<${Steps} />
    <form class="paper" noValidate onSubmit=${submit}>
      <h2 tabindex="-1" data-focus><span class="unseen">Step ${step} of 3: </span>${STEPS[step - 1]}</h2>
      <${Step} ...${parts} />
      <p class="fault" role="alert" hidden=${!general}>${general?.text}</p>
      <div class="buttons">
        ${step > 1 ? html`<button type="button" onClick=${() => go(step - 1)}>Back</button>` : null}
        <button type="submit" class="main" disabled=${busy.value !== ""}>
          ${busy.value === "brain" ? "Asking the brain…" : busy.value === "apply" ? "Writing…" : onward}
        </button>
      </div>
    </form>
    <p class="small">${step === 3 ? html`Writes <code>${known.file}</code>, a file for you to read and change.` : "Nothing is written before the last step."}</p>`;
}

function App() {
  const back = () => {
    applied.value = null;
    problem.value = "";
    chosen.value = { ...chosen.value, step: 1 };
  };
  const now = state.value;
  return html`<header>
      <h1>${applied.value ? "She is yours" : "Make her yours"}</h1>
      ${applied.value ? null : html`<p>Three steps, a few minutes. Meanwhile she is live as <a href="/">${now?.name ?? "Mika"}</a>.</p>`}
    </header>
    <main>
      ${now === null
        ? html`<p class="paper" role="status">${problem.value || "One moment…"}</p>`
        : applied.value
          ? html`<${Done} applied=${applied.value} state=${now} waiting=${waiting.value} problem=${problem.value} rehearse=${rehearse} back=${back} />`
          : html`<${Wizard} />`}
    </main>`;
}

async function begin() {
  render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("setup")));
  try {
    state.value = await server.state();
    look();
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
  setInterval(keepUp, 3_000);
  document.documentElement.dataset.ready = "yes";
}

void begin();
