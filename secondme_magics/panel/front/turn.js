// One turn: what was asked, what was answered, what can be done with it.

const LONG_PROMPT = 4_000;
const SHOWN_OF_LONG_PROMPT = 2_000;

class TurnView {
  constructor(turn, panel) {
    this.key = turn.key;
    this.panel = panel;
    this.revision = -1;
    const words = panel.words;
    this.asked = make("div", { class: "smp-asked", role: "article", "aria-label": words.youSaid });
    this.answer = new Answer(panel);
    this.thought = new Thought(panel);
    this.waiting = make("div", { class: "smp-waiting", hidden: true }, make("span"));
    this.waiting.prepend(...[1, 2, 3].map(() => make("i")));
    this.notes = make("div", { class: "smp-notes" });
    this.trouble = make("div", { class: "smp-trouble" });
    this.tools = this.makeTools(words);
    this.who = jumpMark("");
    this.answered = make(
      "div",
      { class: "smp-answered", role: "article" },
      this.who,
      this.thought.element,
      this.answer.element,
      this.waiting,
      this.notes,
      this.trouble,
      this.tools,
    );
    this.element = make("div", { class: "smp-turn", data: { turn: turn.key } }, this.asked, this.answered);
  }

  makeTools(words) {
    const act = (kind) => () => this.panel.start(kind, { turn: this.key });
    const tool = (name, label, click, action) => iconButton(name, label, click, { data: { action } });
    this.copy = tool("copy", words.copy, () => this.copyAnswer(), "copy");
    this.insert = tool("cell", words.insert, act("insert_code"), "insert");
    this.again = tool("again", words.regenerate, act("regenerate"), "regenerate");
    this.goOn = wordButton(words.goOn, act("continue"), { data: { action: "continue" } });
    this.earlier = tool("earlier", words.earlier, () => this.turnTo(-1), "earlier");
    this.later = tool("later", words.later, () => this.turnTo(1), "later");
    this.place = make("span", { class: "smp-version" });
    this.versions = make("span", { class: "smp-versions" }, this.earlier, this.place, this.later);
    this.footer = make("span", { class: "smp-footer" });
    return make(
      "div",
      { class: "smp-tools", hidden: true },
      this.goOn,
      this.versions,
      this.copy,
      this.again,
      this.insert,
      this.footer,
    );
  }

  /** Draws what has changed: a frame costs no more the longer a conversation is. */
  draw(turn, head, isBusy) {
    const { isGone } = this.panel.store;
    const isNew = turn.revision !== this.revision;
    if (!isNew && isBusy === this.isBusy && isGone === this.isGone) return;
    Object.assign(this, { isBusy, isGone });
    if (isNew) this.drawTurn(turn, head);
    this.drawTools(turn, isBusy, isGone);
    if (isGone) setHidden(this.waiting, true);
  }

  drawTurn(turn, head) {
    this.turn = turn;
    const isStreaming = turn.state === "streaming";
    this.drawWho(this.panel.words.theySaid(head.instance.name));
    this.drawPrompt(turn);
    this.thought.draw(turn.thought, isStreaming);
    this.revision = this.answer.draw(turn.blocks, turn.tail, isStreaming) ? turn.revision : -1;
    this.drawWaiting();
    this.drawNotes(turn.notes);
    this.drawTrouble(turn);
    setText(this.footer, turn.footer);
  }

  drawWho(label) {
    setText(this.who, label);
    this.answered.setAttribute("aria-label", label);
  }

  drawPrompt(turn) {
    if (this.prompt === turn.prompt) return;
    this.giveDraftBack();
    this.prompt = turn.prompt;
    const words = this.panel.words;
    const isLong = turn.prompt.length > LONG_PROMPT;
    const shown = isLong ? `${turn.prompt.slice(0, SHOWN_OF_LONG_PROMPT)}…` : turn.prompt;
    const said = make("div", { class: "smp-said", dir: "auto", text: shown });
    const all = isLong && wordButton(words.showAll(turn.prompt.length), () => {
      said.textContent = turn.prompt;
      all.remove();
      this.copyPrompt.focus({ preventScroll: true });
    });
    this.edit = iconButton("edit", words.edit, () => this.beginEditing(), { data: { action: "edit" } });
    this.copyPrompt = iconButton("copy", words.copy, () =>
      this.panel.copy(this.copyPrompt, turn.prompt, said),
    );
    this.asked.replaceChildren(
      jumpMark(words.youSaid),
      ...(turn.place ? [make("span", { class: "smp-place", text: words.fromCell })] : []),
      said,
      ...(all ? [all] : []),
      make("div", { class: "smp-tools" }, this.copyPrompt, this.edit),
    );
  }

  drawWaiting() {
    const { turn } = this;
    const isWaiting = turn.state === "streaming" && (turn.wait || !hasWords(turn));
    setHidden(this.waiting, !isWaiting);
    if (isWaiting) this.tick();
  }

  /** Says for how long no word has come. */
  tick() {
    const { wait } = this.turn;
    const words = this.panel.words;
    const seconds = wait ? Math.round((performance.now() - wait.since) / 1000) : 0;
    const phase = wait?.connected ? words.connected : words.connecting;
    setText(this.waiting.lastElementChild, seconds >= 1 ? `${phase} · ${words.seconds(seconds)}` : "");
  }

  get isWaiting() {
    return !this.waiting.hidden;
  }

  drawNotes(notes) {
    if (JSON.stringify(notes) === this.noted) return;
    this.noted = JSON.stringify(notes);
    this.notes.replaceChildren(...notes.map((text) => make("p", { dir: "auto", text })));
  }

  /** Shows what went wrong; an answer that was cut can be continued. */
  drawTrouble({ error, can_continue }) {
    const shown = JSON.stringify([error, can_continue]);
    if (shown === this.troubled) return;
    this.troubled = shown;
    const { words, isUnderWay } = this.panel;
    const act = (kind, label, look) =>
      wordButton(label, () => this.panel.start(kind, { turn: this.key }), { look, data: { action: kind } });
    this.retry = act("retry", words.retry);
    this.carryOn = error && can_continue && act("continue", words.goOn, "smp-word smp-main");
    const told = this.carryOn ? { ...error, hint: words.cut } : error;
    const buttons = [this.carryOn, this.retry].filter(Boolean);
    this.trouble.replaceChildren(...(error ? [troubleCard(told, buttons, !isUnderWay)] : []));
  }

  drawTools(turn, isBusy, isGone) {
    const isOver = turn.state !== "streaming" || isGone;
    const [index, count] = turn.version;
    setHidden(this.tools, !isOver);
    setHidden(this.copy, !turn.text && !(isGone && hasWords(turn)));
    setHidden(this.insert, !turn.has_code);
    setHidden(this.again, Boolean(turn.error) || turn.state === "failed" || turn.state === "streaming");
    setHidden(this.goOn, !turn.can_continue || Boolean(turn.error));
    setHidden(this.versions, count < 2);
    setText(this.place, `${index}/${count}`);
    this.place.setAttribute("aria-label", this.panel.words.version(index, count));
    this.earlier.disabled = isBusy || index <= 1;
    this.later.disabled = isBusy || index >= count;
    const asking = [this.again, this.goOn, this.carryOn, this.retry, this.edit];
    for (const each of asking) if (each) each.disabled = isBusy;
  }

  turnTo(step) {
    this.panel.send("version", { turn: this.key, index: this.turn.version[0] + step });
  }

  copyAnswer() {
    this.panel.copy(this.copy, this.turn.text || this.answer.element.innerText, this.answer.element);
  }

  beginEditing() {
    const words = this.panel.words;
    const box = make("textarea", { class: "smp-box", rows: "1", dir: "auto", "aria-label": words.editBox });
    box.value = this.turn.prompt;
    const send = () => this.endEditing(box.value);
    const leave = () => this.endEditing(null);
    this.editor = make(
      "div",
      { class: "smp-editor" },
      box,
      make(
        "div",
        { class: "smp-row" },
        wordButton(words.cancel, leave),
        wordButton(words.send, send, { look: "smp-word smp-main" }),
      ),
    );
    listenToKeys(box, { send, leave });
    box.addEventListener("input", () => fitHeight(box));
    this.asked.classList.add("smp-editing");
    this.asked.append(this.editor);
    fitHeight(box);
    box.focus({ preventScroll: true });
    box.setSelectionRange(box.value.length, box.value.length);
  }

  /** Ends editing: `prompt` is asked in place of what was, unless it is null. */
  endEditing(prompt) {
    if (prompt !== null && (!prompt.trim() || !this.panel.start("edit", { turn: this.key, prompt }))) return;
    this.closeEditor();
    const next = prompt === null && !this.edit.disabled ? this.edit : this.panel.composer.box;
    next.focus({ preventScroll: true });
  }

  closeEditor() {
    this.editor.remove();
    this.editor = null;
    this.asked.classList.remove("smp-editing");
  }

  /** Another turn stands here, or none: what was being written of this one is the reader's still. */
  giveDraftBack() {
    if (!this.editor) return;
    const { value } = this.editor.firstElementChild;
    this.closeEditor();
    if (value.trim() && value !== this.prompt) this.panel.composer.giveBack(value);
  }
}

function hasWords(turn) {
  return turn.blocks.length > 0 || turn.tail !== "" || turn.thought != null;
}

/** What a screen reader can jump to: a heading that is not seen. */
function jumpMark(text) {
  return make("div", { class: "smp-hidden smp-who", role: "heading", "aria-level": "6", text });
}

/** An error in two lines; one that comes now is read out, one that stood there is not. */
function troubleCard({ what, hint }, buttons, isOld) {
  return make(
    "div",
    { class: "smp-card", role: isOld ? "group" : "alert" },
    make("p", { class: "smp-what", dir: "auto", text: what }),
    make("p", { class: "smp-hint", dir: "auto", text: hint }),
    make("div", { class: "smp-row" }, ...buttons),
  );
}
