// Two characters on one stage: `/stage?show=main&with=guest` is a stage of each, side by side.

/**
 * The addresses of both stages. What else the address says holds for both, but `with-theme` and its
 * like for the second alone. Only the first shows the chat.
 * @param {string} search
 */
export function pairOf(search) {
  const first = new URLSearchParams(search);
  const second = new URLSearchParams(search);
  second.set("show", first.get("with") ?? "");
  second.set("chat", "0");
  for (const [name, value] of new URLSearchParams(search)) {
    if (name.startsWith("with-")) second.set(name.slice("with-".length), value);
    if (name === "with" || name.startsWith("with-")) [first, second].forEach((each) => each.delete(name));
  }
  return [`/stage?${first}`, `/stage?${second}`];
}

/** Each plays, reports and is reloaded by itself. */
function showPair() {
  const frames = pairOf(location.search).map((address, place) => {
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = place ? "The second character" : "The first character";
    frame.allow = "autoplay";
    // Without a colour of its own a frame shows what is behind it in OBS.
    frame.style.cssText = `position:fixed;inset:0 auto 0 ${50 * place}%;width:50%;height:100%;border:0;color-scheme:normal`;
    return frame;
  });
  document.body.replaceChildren(...frames);
  setInterval(() => {
    const ready = frames.every((frame) => frame.contentDocument?.documentElement.dataset.ready === "yes");
    document.documentElement.dataset.ready = ready ? "yes" : "no";
  }, 100);
}

if (globalThis.location?.search) showPair();
