// Who this page is to the server, and what to do when it is nobody any more.

/** @typedef {{ role: string, locked: boolean, signed_in: boolean }} Access */

/** @returns {Promise<Access | null>} null when the server does not say */
export async function askAccess() {
  const answer = await fetch("/api/access").catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/**
 * For pages that people sit before, when the connection is lost: if it is the sign-in that has ended, the server sends
 * the page that asks for it.
 * @param {boolean} isOver whether the server has said so
 */
export async function signInIfNeeded(isOver) {
  const answer = isOver ? null : await fetch("/api/access").catch(() => null);
  if (isOver || answer?.status === 401) location.reload();
}
