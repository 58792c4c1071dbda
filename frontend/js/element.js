// Makes elements of a page. What is written in them is text, whoever wrote it.

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} className @param {string} text */
export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
