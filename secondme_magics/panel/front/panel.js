// A panel in the page: puts the parts together, and draws what the store holds once a frame.

const TICK = 1_000;
const TOAST = 6_000;
const ROOM = 40_000;

class PanelView {
  constructor(store, el) {
    this.store = store;
    this.words = readersWords();
    this.status = make("div", { class: "smp-hidden", role: "status" });
    this.toast = make("div", { class: "smp-toast", hidden: true, "aria-hidden": "true" });
    this.transcript = new Transcript(this);
    this.composer = new Composer(this);
    this.header = new Header(this);
    this.element = make(
      "section",
      { class: "secondme-panel", "aria-label": this.words.panel(store.head.instance.name) },
      this.header.element,
      this.transcript.element,
      this.composer.element,
      this.status,
    );
    keepKeys(this.element);
    el.append(this.element);
    this.draw();
    this.drawSoon();
    this.listener = (event) => this.hear(event);
    this.unlisten = store.listen(this.listener);
    this.ticking = setInterval(() => this.tick(), TICK);
    store.ready();
    this.secondReady = setTimeout(() => store.ready(), SECOND_READY);
  }

  close() {
    this.unlisten();
    this.transcript.close();
    clearInterval(this.ticking);
    clearTimeout(this.secondReady);
    clearTimeout(this.toasting);
    cancelAnimationFrame(this.frame);
    this.coverTranscript(false);
    this.element.remove();
  }

  hear(event) {
    if (event.kind === "said") this.say(event.text);
    else if (event.kind === "refused") this.composer.refuse(event);
    else if (event.kind === "no_roles") this.header.refuseRoles(event);
    else if (event.kind === "cell") this.insert(event);
    else if (event.kind === "kept") keepTranscript(this.store.model, this.element, event.output);
    this.drawSoon();
  }

  draw() {
    this.frame = null;
    this.room = ROOM;
    const { store } = this;
    const focused = this.element.contains(document.activeElement) && document.activeElement;
    this.element.setAttribute("aria-label", this.words.panel(store.head.instance.name));
    this.header.draw(store);
    this.composer.draw(store);
    this.transcript.draw(store);
    this.announce(store);
    if (focused) this.keepFocus(focused);
    if (this.element.isConnected) this.coverTranscript(store.isHeard && !store.isGone);
    if (this.room <= 0) this.drawSoon();
  }

  /** Keys must not fall upon the notebook: where what had the focus is gone, the box has it. */
  keepFocus(focused) {
    const { activeElement, body } = document;
    if (isShown(focused) || (activeElement !== focused && activeElement !== body)) return;
    this.composer.box.focus({ preventScroll: true });
  }

  /** Whether an answer grows, or has ended since all was drawn last: an error is news only then. */
  get isUnderWay() {
    const { answered, status } = this.store;
    return this.answered !== undefined && (status !== "idle" || answered !== this.answered);
  }

  coverTranscript(isCovered) {
    if (isCovered === Boolean(this.covered)) return;
    const outputs = this.covered ?? outputsAround(this.element);
    coverTranscript(outputs, this.element, isCovered);
    this.covered = isCovered ? outputs : null;
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  tick() {
    this.transcript.tick();
    this.header.tick();
  }

  /** Returns whether this frame has room for more; what has none is drawn in the next. */
  takeRoom(characters) {
    const hasRoom = this.room > 0;
    this.room -= characters;
    return hasRoom;
  }

  /** Says in words that an answer began or ended, for who does not see it; a card says why none came. */
  announce({ status, answered, turns }) {
    const { words } = this;
    const isNew = this.answered !== undefined;
    if (isNew && status !== "idle" && this.announced === "idle") setText(this.status, words.replying);
    this.announced = status;
    const last = turns.at(-1);
    if (last?.state === "streaming") this.growing = last.key;
    if (isNew && answered !== this.answered) {
      const isPutAway = this.growing && turns.every((each) => each.key !== this.growing);
      const ended = { interrupted: words.interrupted, failed: words.failed };
      setText(this.status, isPutAway ? "" : (ended[last?.state] ?? words.finished));
      this.growing = undefined;
    }
    this.answered = answered;
  }

  say(text) {
    this.status.textContent = text; // also where it stands there: said again, it is read out again
    setText(this.toast, text);
    setHidden(this.toast, false);
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => setHidden(this.toast, true), TOAST);
  }

  /** Puts an answer's code into a new cell: here, or where the host has none to us by the kernel. */
  insert({ turn, code }) {
    if (insertCell(this.store.model, this.element, code)) this.say(this.words.inserted);
    else this.send("next_cell", { turn });
  }

  send(kind, fields) {
    return this.store.send(kind, fields);
  }

  start(kind, fields) {
    return this.store.start(kind, fields, this.listener);
  }

  takeBackUnheard(prompt_id, prompt) {
    this.store.forget(prompt_id);
    this.send("withdraw", { prompt_id });
    this.composer.takeBack(prompt);
  }

  exportAs(format) {
    if (this.send("export", { format })) this.store.awaitedFiles += 1;
  }

  async copy(button, text, shown) {
    const isCopied = await copyText(text, shown);
    this.say(isCopied ? this.words.copied : this.words.copyYourself);
    if (!isCopied) return;
    button.replaceChildren(icon("check"));
    setTimeout(() => button.replaceChildren(icon("copy")), 1_500);
  }

  /** Lets the host typeset math, where it can; the TeX stays readable elsewhere. */
  async typeset(node) {
    try {
      await this.store.model.widget_manager?._rendermime?.latexTypesetter?.typeset(node);
    } catch {
      return;
    }
    this.transcript.settle();
  }
}

export default () => {
  let store = null;
  const stored = (model) => (store ??= new Store(model));
  return {
    initialize({ model }) {
      stored(model);
      return () => {
        store?.close();
        store = null;
      };
    },
    render({ model, el }) {
      const view = new PanelView(stored(model), el);
      return () => view.close();
    },
  };
};
