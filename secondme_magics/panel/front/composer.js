// The box where a prompt is written, and what belongs to it: the one that waits, what was refused.

const MOST_OF_HELD = 300;

class Composer {
  constructor(panel) {
    this.panel = panel;
    const { words } = panel;
    this.cards = make("div", { class: "smp-cards" });
    this.next = make("div", { class: "smp-next", hidden: true });
    this.box = make("textarea", { class: "smp-box", rows: "1", dir: "auto", autocomplete: "off" });
    this.button = iconButton("send", words.send, () => this.press());
    this.button.classList.add("smp-send");
    this.hint = make("div", { class: "smp-quiet smp-late", hidden: true, text: words.stopLate });
    this.gone = make("div", { class: "smp-gone", role: "alert", hidden: true });
    this.frame = make("div", { class: "smp-frame" }, this.box, this.button);
    this.element = make(
      "div",
      { class: "smp-composer" },
      panel.toast,
      this.gone,
      this.cards,
      this.next,
      this.hint,
      this.frame,
    );
    this.listen();
  }

  listen() {
    listenToKeys(this.box, {
      send: () => this.ask(this.box.value),
      leave: () => this.leave(),
      recall: () => this.recall(),
    });
    this.box.addEventListener("input", () => this.grown());
    this.frame.addEventListener("mousedown", (event) => {
      if (event.target === this.box) return;
      event.preventDefault();
      this.box.focus({ preventScroll: true });
    });
  }

  draw(store) {
    const { words } = this.panel;
    const isIdle = store.status === "idle";
    this.drawName(words.box(store.head.instance.name));
    this.drawButton(isIdle, store.status);
    setHidden(this.hint, store.status !== "stopping" || store.head.can_interrupt);
    setHidden(this.gone, !store.isGone);
    if (store.isGone) setText(this.gone, words.gone);
    this.drawNext(store.head.waiting, store);
  }

  drawName(name) {
    if (this.box.placeholder === name) return;
    this.box.placeholder = name;
    this.box.setAttribute("aria-label", name);
  }

  drawButton(isIdle, status) {
    const { words } = this.panel;
    const label = { answering: words.stop, stopping: words.stopping }[status] ?? words.send;
    if (this.isIdle !== isIdle) this.button.replaceChildren(icon(isIdle ? "send" : "stop"));
    this.isIdle = isIdle;
    setLabel(this.button, label);
    this.button.classList.toggle("smp-is-stop", !isIdle);
    this.grown(false);
  }

  /** Shows the prompt that waits; once it is taken back, it stands in the box again. */
  drawNext(waiting, store) {
    const { words } = this.panel;
    if (isSamePrompt(waiting, this.waiting)) return;
    if (this.taking && !isSamePrompt(this.taking, store.turns.at(-1))) this.giveBack(this.taking.prompt);
    this.taking = null;
    this.waiting = waiting;
    setHidden(this.next, !waiting);
    if (!waiting) return;
    const takeBack = wordButton(words.takeBack, () => this.unqueue(waiting));
    const shown = make("span", { class: "smp-next-text", dir: "auto", text: waiting.prompt.slice(0, 300) });
    this.next.replaceChildren(make("span", { class: "smp-quiet", text: words.next }), shown, takeBack);
  }

  /** Takes back the prompt that waits: by the kernel, or here where that is gone. */
  unqueue(waiting) {
    if (this.panel.send("unqueue")) {
      this.taking = waiting;
      return;
    }
    setHidden(this.next, true);
    this.takeBack(waiting.prompt);
  }

  press() {
    if (this.isIdle) this.ask(this.box.value);
    else this.panel.store.stop();
    this.box.focus({ preventScroll: true });
  }

  /** Asks `prompt`; what is refused here stays in the box. */
  ask(prompt) {
    const { store, words } = this.panel;
    if (!prompt.trim()) return;
    if (isTooLong(prompt)) return this.refuse({ what: words.tooLong, hint: "" });
    if (store.head.waiting) return this.refuse({ what: words.oneWaits, hint: "" });
    this.clearCards();
    if (!this.panel.start("ask", { prompt })) return;
    if (prompt === this.box.value) this.write("");
    this.last = prompt;
    this.panel.transcript.follow();
  }

  leave() {
    if (this.panel.store.status === "idle") this.box.blur();
    else this.panel.store.stop();
  }

  recall() {
    const last = this.last ?? this.panel.store.turns.at(-1)?.prompt;
    if (this.box.value || !last) return false;
    this.write(last);
    this.box.setSelectionRange(last.length, last.length);
    return true;
  }

  write(text) {
    this.box.value = text;
    this.grown();
  }

  grown(isChanged = true) {
    if (isChanged) fitHeight(this.box);
    const isEmpty = !this.box.value.trim();
    this.button.classList.toggle("smp-ready", !isEmpty || !this.isIdle);
  }

  takeBack(prompt) {
    this.giveBack(prompt);
    this.box.focus({ preventScroll: true });
  }

  /** Puts a prompt back into the box, or on a card where something else is being written. */
  giveBack(prompt) {
    if (!this.putBack(prompt)) this.hold(prompt, { what: "", hint: "" });
  }

  putBack(prompt) {
    if (this.box.value.trim()) return false;
    this.write(prompt);
    return true;
  }

  refuse({ what, hint, prompt }) {
    this.clearCards();
    if (prompt && !this.putBack(prompt)) this.hold(prompt, { what, hint });
    else this.addCard({ what, hint });
  }

  /** Shows a card that keeps a prompt until it is put into the box or dismissed. */
  hold(prompt, trouble) {
    const again = wordButton(this.panel.words.useAgain, () => {
      card.remove();
      this.box.focus({ preventScroll: true });
      this.box.select();
      insertText(this.box, prompt); // so that undoing brings back what stood there
    });
    const card = this.addCard(trouble, again);
    const shown = make("p", { class: "smp-held", dir: "auto", text: prompt.slice(0, MOST_OF_HELD) });
    card.classList.add("smp-holding");
    card.lastElementChild.before(shown);
  }

  addCard(trouble, ...buttons) {
    const dismiss = wordButton(this.panel.words.dismiss, () => {
      card.remove();
      this.box.focus({ preventScroll: true });
    });
    const card = troubleCard(trouble, [...buttons, dismiss], false);
    this.cards.append(card);
    return card;
  }

  /** Takes the cards away, but those that keep a prompt. */
  clearCards() {
    for (const card of [...this.cards.children]) if (!card.matches(".smp-holding")) card.remove();
  }
}

/** A page's prompts have an id each, Python's have none. */
function isSamePrompt(one, other) {
  if (one?.prompt_id !== other?.prompt_id) return false;
  return Boolean(one?.prompt_id) || one?.prompt === other?.prompt;
}
