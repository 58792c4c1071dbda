// A calm line at the top of the pages, as long as nobody has set her up.

const DISMISSED = "invitation-dismissed";

/** Also where a browser keeps nothing: then the line is only back with the next page. */
function wasDismissed() {
  try {
    return sessionStorage.getItem(DISMISSED) === "yes";
  } catch {
    return false;
  }
}

function dismiss() {
  document.getElementById("invitation")?.remove();
  try {
    sessionStorage.setItem(DISMISSED, "yes");
  } catch {
    // gone from this page all the same
  }
}

function show() {
  const line = document.createElement("aside");
  line.id = "invitation";
  line.setAttribute("aria-label", "Set-up");
  const words = document.createElement("p");
  const link = document.createElement("a");
  link.href = "/setup";
  link.textContent = "Make her yours";
  words.append("This is the demo. ", link, ": her name, brain and voice, in three steps.");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Dismiss the invitation");
  close.addEventListener("click", dismiss);
  line.append(words, close);
  document.body.prepend(line);
}

async function begin() {
  if (wasDismissed()) return;
  const answer = await fetch("/setup/invitation").catch(() => null);
  if (answer?.ok && (await answer.json()).is_first_run) show();
}

void begin();
