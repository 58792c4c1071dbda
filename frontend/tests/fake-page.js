/** As much of a page as the tests need. Setting text never makes elements: that is the point. */
export class FakeElement {
  children = [];
  dataset = {};
  style = {};
  className = "";
  parent = null;
  #text = "";
  hidden = false;
  scrollTop = 0;
  scrollHeight = 0;
  clientHeight = 0;
  classList = {
    contains: (name) => this.className.split(" ").includes(name),
    toggle: (name, on) => {
      const names = new Set(this.className.split(" ").filter(Boolean));
      if (on) names.add(name);
      else names.delete(name);
      this.className = [...names].join(" ");
    },
  };
  set textContent(text) {
    this.#text = String(text);
    this.children = [];
  }
  get textContent() {
    return this.#text + this.children.map((child) => child.textContent).join("");
  }
  get childElementCount() {
    return this.children.length;
  }
  get firstElementChild() {
    return this.children[0] ?? null;
  }
  append(...added) {
    for (const child of added) child.parent = this;
    this.children.push(...added);
  }
  replaceChildren(...added) {
    this.children = [];
    this.append(...added);
  }
  remove() {
    this.parent.children = this.parent.children.filter((child) => child !== this);
  }
}

export function fakePage() {
  globalThis.document = { createElement: () => new FakeElement() };
}
