// Buttons that open something below them: a list to choose from, or a few settings.

/** A button and what it opens. Escape and a click elsewhere close it; arrows go through it. */
class Menu {
  constructor(panel, { label, name, fill, opened = () => {}, look = "" }) {
    this.fill = fill;
    this.opened = opened;
    this.text = make("span", { class: "smp-menu-text", dir: "auto" });
    this.button = make(
      "button",
      {
        type: "button",
        class: `smp-menu-button ${look}`,
        title: label,
        "aria-expanded": "false",
        on: { click: () => (this.isOpen ? this.close() : this.open()) },
      },
      icon(name),
      make("span", { class: "smp-hidden", text: label }),
      this.text,
    );
    this.box = make("div", { class: "smp-menu", role: "group", "aria-label": label, hidden: true });
    this.element = make("div", { class: "smp-menu-place" }, this.button, this.box);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.close(false);
    });
    this.closeElsewhere = (event) => {
      if (!this.element.contains(event.target)) this.close(false);
    };
  }

  get isOpen() {
    return !this.box.hidden;
  }

  open() {
    this.box.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.opened();
    this.draw();
    document.addEventListener("pointerdown", this.closeElsewhere, true);
    this.items[0]?.focus({ preventScroll: true });
  }

  close(goesBack = true) {
    if (!this.isOpen) return;
    this.box.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.closeElsewhere, true);
    if (goesBack) this.button.focus({ preventScroll: true });
  }

  draw() {
    if (!this.isOpen) return;
    const focused = this.items.indexOf(document.activeElement);
    this.box.replaceChildren(...this.fill(this));
    if (focused < 0) return;
    const { items } = this;
    (items[Math.min(focused, items.length - 1)] ?? this.button).focus({ preventScroll: true });
  }

  /** Draws what `fields` say if they are new, but not what somebody is writing in. */
  drawIfNew(fields) {
    const shown = JSON.stringify(fields);
    if (shown === this.shown || this.isBeingWritten) return;
    this.shown = shown;
    this.draw();
  }

  get isBeingWritten() {
    const isWriting = (each) => each === document.activeElement || isDraft(each);
    return this.isOpen && [...this.box.querySelectorAll("input, select")].some(isWriting);
  }

  get items() {
    return [...this.box.querySelectorAll("button, input, select")].filter((each) => !each.disabled);
  }

  key(event) {
    if (isComposing(event)) return;
    if (event.key === "Escape" && this.isOpen) {
      this.close();
      event.stopPropagation();
      event.preventDefault();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.isOpen || event.target.matches("input, select")) return;
    const { items } = this;
    const next = items[(items.indexOf(event.target) + step + items.length) % items.length];
    next?.focus({ preventScroll: true });
    event.preventDefault();
  }
}

function menuItem(label, click, { isCurrent = false, isDisabled = false } = {}) {
  return make(
    "button",
    {
      type: "button",
      class: "smp-item",
      dir: "auto",
      disabled: isDisabled,
      "aria-current": isCurrent ? "true" : null,
      on: { click },
    },
    make("span", { text: label }),
    isCurrent && icon("check"),
  );
}

function menuTitle(text) {
  return make("div", { class: "smp-menu-title", text });
}

function menuLine() {
  return make("hr", { class: "smp-menu-line" });
}

function field(label, input) {
  return make("label", { class: "smp-field" }, make("span", { text: label }), input);
}

/** Whether there is something in `input` that nobody has been told. */
function isDraft(input) {
  return input.matches("input") && (input.value !== input.defaultValue || input.validity.badInput);
}

function numberField(label, value, { change, refuse, placeholder, ...limits }) {
  const input = make("input", { type: "number", class: "smp-input", placeholder, ...limits });
  input.defaultValue = value ?? "";
  const tell = () => {
    if (!input.reportValidity()) return refuse(`${label}: ${input.validationMessage}`);
    input.defaultValue = input.value;
    change(input.value === "" ? null : input.valueAsNumber);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    tell();
  });
  input.addEventListener("change", () => isDraft(input) && tell());
  return field(label, input);
}

function choiceField(label, value, { change, names }) {
  const options = [[null, names[0]], [true, names[1]], [false, names[2]]];
  const select = make("select", { class: "smp-input" });
  select.append(...options.map(([, text]) => make("option", { text })));
  select.selectedIndex = options.findIndex(([each]) => each === (value ?? null));
  select.addEventListener("change", () => change(options[select.selectedIndex][0]));
  return field(label, select);
}
