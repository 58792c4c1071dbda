// The text box: Enter sends, Shift+Enter makes a line, and it grows with what is written.

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {(text: string) => boolean} onsend false: it could not be sent, the text stays
   */
  constructor(form, onsend) {
    this.form = form;
    this.field = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    this.onsend = onsend;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.grow());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    // While an input method composes (Japanese, Chinese…), Enter only accepts the word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.field.value.trim();
    if (!text || !this.onsend(text)) return;
    this.field.value = "";
    this.grow();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }
}
