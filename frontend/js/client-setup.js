// Runs in the existing web client's page before its own scripts: leads it to the server that the page came from.
// The client keeps its addresses as JSON in localStorage, read once at page load; what a person typed in is left alone.

(() => {
  const DEFAULT = "http://127.0.0.1:12393";
  const here = window.location;
  const token = new URLSearchParams(here.search).get("token");
  const socket = `${here.protocol === "https:" ? "wss" : "ws"}://${here.host}/client-ws`;

  /** @param {string} key @returns {string} */
  const kept = (key) => {
    try {
      const value = JSON.parse(window.localStorage.getItem(key) ?? '""');
      return typeof value === "string" ? value : "";
    } catch {
      return "";
    }
  };

  /** @param {string} key @param {string} value @param {(kept: string) => boolean} isOurs */
  const seed = (key, value, isOurs) => {
    const before = kept(key);
    if (before === "" || isOurs(before)) window.localStorage.setItem(key, JSON.stringify(value));
  };

  seed(
    "wsUrl",
    token ? `${socket}?token=${encodeURIComponent(token)}` : socket,
    (url) => url === "ws://127.0.0.1:12393/client-ws" || (token !== null && url.startsWith(socket)),
  );
  seed("baseUrl", here.origin, (url) => url === DEFAULT);
  const background = kept("backgroundUrl") || `${DEFAULT}/bg/ceiling-window-room-night.jpeg`;
  seed("backgroundUrl", background.replace(DEFAULT, here.origin), (url) => url.startsWith(`${DEFAULT}/`));
})();
