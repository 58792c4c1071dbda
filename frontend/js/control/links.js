// Who else has access: links for OBS and for moderators, each with a token of its own, and the way out.

import { askAccess } from "../access.js";
import { Mark, Panel, clock } from "./frame.js";
import { html, signal } from "./html.js";

/** @typedef {{ id: string, name: string, role: string, made_at: string, used_at: string | null, open: number }} Link */
/** @typedef {{ name: string, address: string }} Fresh a link that was just made: its address is told this once */
/**
 * @typedef {object} Known
 * @property {import("../access.js").Access | null} access
 * @property {Link[]} links
 * @property {Fresh | null} fresh
 * @property {string} said
 * @property {string} asking the id of the link that is to be revoked, once that is confirmed
 */

const FOR_WHOM = { stage: "Stage, for OBS", operator: "Control room, for a moderator" };
const LOOKED_AT_EVERY_MS = 30_000;

/** @type {{ value: Known }} */
const known = signal({ access: null, links: [], fresh: null, said: "", asking: "" });

/** @param {Partial<Known>} news */
const learn = (news) => (known.value = { ...known.value, ...news });

/**
 * Ask the server for something of the links; what it refuses is said in its own words.
 * @param {string} path @param {RequestInit} [how]
 */
async function ask(path, how) {
  const answer = await fetch(path, how).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (answer?.ok) return told;
  learn({ said: told?.detail ?? "The server could not be reached." });
  return null;
}

/** Find out who is before this page and, if that is their business, which links there are. */
export async function lookAtLinks() {
  const access = await askAccess();
  if (!access) return;
  learn({ access });
  if (access.role === "developer") learn({ links: (await ask("/api/links"))?.links ?? known.value.links });
}

/** @param {string} name @param {string} role */
async function make(name, role) {
  const made = await ask("/api/links", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, role }),
  });
  if (made) learn({ fresh: { name, address: new URL(made.address, location.href).href }, said: "" });
  await lookAtLinks();
}

/** @param {string} id */
async function revoke(id) {
  const left = await ask(`/api/links/${id}`, { method: "DELETE" });
  learn({ asking: "", fresh: null, ...(left ? { links: left.links, said: "Revoked." } : {}) });
}

async function signOut() {
  await fetch("/sign-out", { method: "POST" }).catch(() => null);
  location.reload();
}

/** @param {Event} event */
async function copy(event) {
  const field = /** @type {HTMLInputElement} */ (
    /** @type {HTMLElement} */ (event.currentTarget).closest(".fresh")?.querySelector("input")
  );
  field.select();
  const copied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false); // only where it is secure
  learn({ said: copied ? "Copied." : "Copy what is selected (Ctrl+C)." });
}

/** @param {string | null} iso @param {Date} now */
export function usedWords(iso, now) {
  if (!iso) return "never used";
  const at = new Date(iso);
  const isToday = at.toDateString() === now.toDateString();
  return `used ${isToday ? `at ${clock(iso)}` : at.toLocaleDateString()}`;
}

export function Links() {
  const { access } = known.value;
  if (!access || (access.role !== "developer" && !access.signed_in)) return null;
  return html`<${Panel} title="Links" name="links">
    ${access.role === "developer" ? html`<${All} ...${known.value} locked=${access.locked} />` : null}
    ${access.signed_in ? html`<div class="row"><button type="button" onClick=${signOut}>Sign out</button><span class="aside">This browser forgets you.</span></div>` : null}
  <//>`;
}

/** @param {Known & { locked: boolean }} props */
export function All({ links, fresh, said, asking, locked }) {
  return html`<p class="aside">
      ${locked
        ? "For OBS and for moderators: each link has a token of its own, and can be revoked."
        : "No access token is set: whoever reaches this server may do everything, and links ask for nothing."}
    </p>
    <ul class="list">
      ${links.map((link) => html`<${One} key=${link.id} link=${link} asking=${asking === link.id} />`)}
    </ul>
    ${fresh ? html`<${JustMade} ...${fresh} />` : null}
    <${Make} />
    <p class="aside" role="status">${said}</p>`;
}

/** @param {{ link: Link, asking: boolean }} props */
export function One({ link, asking }) {
  const { id, name, role, used_at, open } = link;
  return html`<li>
    <span class="grow words">
      <span class="who">${name}</span>${" "}
      <span class="aside">${role}, ${open ? html`<${Mark} mood="good">open now<//>` : usedWords(used_at, new Date())}</span>
    </span>
    ${asking
      ? html`<button type="button" class="main" onClick=${() => revoke(id)}>Really revoke</button>
          <button type="button" onClick=${() => learn({ asking: "" })}>Keep</button>`
      : html`<button type="button" aria-label=${`Revoke the link ${name}`} onClick=${() => learn({ asking: id, said: "" })}>Revoke</button>`}
  </li>`;
}

/** @param {Fresh} props */
function JustMade({ name, address }) {
  return html`<div class="fresh">
    <label for="fresh-link">The address of ${name}. It is shown this once: copy it now.</label>
    <div class="row">
      <input id="fresh-link" class="grow" readonly value=${address} onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} />
      <button type="button" class="main" onClick=${copy}>Copy</button>
    </div>
  </div>`;
}

function Make() {
  const submit = (/** @type {any} */ event) => {
    event.preventDefault();
    const { link_name, link_role } = event.currentTarget.elements;
    if (!link_name.value.trim()) return;
    make(link_name.value.trim(), link_role.value);
    event.currentTarget.reset();
  };
  return html`<form class="make-link" onSubmit=${submit}>
    <label for="link-name">A new link</label>
    <div class="row">
      <input id="link-name" name="link_name" class="grow" maxlength="80" autocomplete="off" placeholder="OBS on the big machine" />
      <select name="link_role" aria-label="What it opens">
        ${Object.entries(FOR_WHOM).map(([role, words]) => html`<option key=${role} value=${role}>${words}</option>`)}
      </select>
      <button type="submit">Make</button>
    </div>
  </form>`;
}

/** Look now, and now and then: others make links, and use them. */
export function watchLinks() {
  lookAtLinks();
  setInterval(lookAtLinks, LOOKED_AT_EVERY_MS);
}
