// The turns in their order, and the reader's place among them: it is theirs, never ours.

const NEAR = 24;

class Transcript {
  constructor(panel) {
    this.panel = panel;
    this.views = new Map();
    this.isFollowing = true;
    this.hasNews = false;
    this.top = 0;
    const words = panel.words;
    this.list = make("div", { class: "smp-list" });
    this.empty = make("div", { class: "smp-empty" });
    this.log = make(
      "div",
      { class: "smp-log", role: "log", "aria-live": "off", "aria-label": words.log, tabindex: "0" },
      this.empty,
      this.list,
    );
    this.below = iconButton("down", words.below, () => this.goBelow(), { hidden: true });
    this.below.classList.add("smp-below");
    this.element = make("div", { class: "smp-transcript" }, this.log, this.below);
    this.log.addEventListener("scroll", () => this.look(), { passive: true });
    this.watcher = new ResizeObserver(() => this.keepPlace());
    this.watcher.observe(this.log);
  }

  close() {
    this.watcher.disconnect();
  }

  draw(store) {
    const { head, turns } = store;
    const focus = this.focusPlace();
    const isBusy = store.status !== "idle" || store.isGone;
    const news = this.drawTurns(turns, head, isBusy);
    this.drawUnheard(store.unheard);
    this.drawEmpty(head, turns.length === 0 && store.unheard.length === 0);
    this.log.setAttribute("aria-busy", String(store.status !== "idle"));
    this.restoreFocus(focus);
    if (this.isFollowing) this.pin();
    else this.hasNews ||= news;
    this.drawBelow();
  }

  drawTurns(turns, head, isBusy) {
    const revision = this.lastRevision ?? 0;
    const keys = new Set(turns.map((turn) => turn.key));
    for (const [key, view] of this.views) if (!keys.has(key)) this.drop(key, view);
    let place = this.list.firstElementChild;
    for (const turn of turns) {
      const view = this.viewOf(turn);
      view.draw(turn, head, isBusy);
      if (view.element === place) place = place.nextElementSibling;
      else this.list.insertBefore(view.element, place);
      this.lastRevision = Math.max(this.lastRevision ?? 0, turn.revision);
    }
    return this.lastRevision !== revision;
  }

  viewOf(turn) {
    if (!this.views.has(turn.key)) this.views.set(turn.key, new TurnView(turn, this.panel));
    return this.views.get(turn.key);
  }

  drop(key, view) {
    view.giveDraftBack();
    view.element.remove();
    this.views.delete(key);
  }

  /** Shows prompts that the kernel has not been heard to take; they can be taken back. */
  drawUnheard(unheard) {
    this.unheard ??= new Map();
    const now = new Set(unheard.map((each) => each.prompt_id));
    for (const [id, element] of this.unheard) {
      if (now.has(id)) continue;
      element.remove();
      this.unheard.delete(id);
    }
    for (const each of unheard) {
      if (this.unheard.has(each.prompt_id)) continue; // it stands at the end: moved, it is no target
      this.unheard.set(each.prompt_id, this.unheardTurn(each));
      this.list.append(this.unheard.get(each.prompt_id));
    }
    this.tick();
  }

  unheardTurn({ prompt, prompt_id, at }) {
    const { words } = this.panel;
    const takeBack = wordButton(words.takeBack, () => this.panel.takeBackUnheard(prompt_id, prompt));
    const said = make("div", { class: "smp-said", dir: "auto", text: prompt.slice(0, LONG_PROMPT) });
    const state = make("div", { class: "smp-unheard", text: words.sending });
    const row = make("div", { class: "smp-row", data: { at }, hidden: true }, state, takeBack);
    const asked = { class: "smp-asked", role: "article", "aria-label": words.youSaid };
    const mark = jumpMark(words.youSaid);
    return make("div", { class: "smp-turn smp-pending" }, make("div", asked, mark, said, row));
  }

  /** Lets the seconds of what is waited for go on. */
  tick() {
    const { words, store } = this.panel;
    for (const view of this.views.values()) if (view.isWaiting) view.tick();
    for (const element of this.unheard?.values() ?? []) {
      const row = element.querySelector(".smp-row");
      const silence = performance.now() - Number(row.dataset.at);
      setHidden(row, silence < 1_000 && !store.isGone);
      const state = silence < LONG_SILENCE ? words.sending : words.unheard;
      setText(row.firstElementChild, store.isGone ? words.unsent : state);
    }
  }

  drawEmpty(head, isEmpty) {
    setHidden(this.empty, !isEmpty);
    const shown = JSON.stringify([isEmpty, head.instance, head.suggestions, head.can_bring_back]);
    if (shown === this.shown) return;
    this.shown = shown;
    const { words } = this.panel;
    const ask = (prompt) => () => this.panel.composer.ask(prompt);
    this.empty.replaceChildren(
      make("div", { class: "smp-mark" }, icon("talk")),
      make("p", { class: "smp-title", dir: "auto", text: words.empty(head.instance.name) }),
      make("p", { class: "smp-quiet", text: words.keys }),
      make(
        "div",
        { class: "smp-suggestions" },
        ...head.suggestions.map((text) => wordButton(text, ask(text), { look: "smp-suggestion", dir: "auto" })),
      ),
      ...(head.can_bring_back ? [wordButton(words.bringBack, () => this.panel.send("bring_back"))] : []),
    );
  }

  // The reader's place.

  look() {
    if (this.log.clientHeight === 0) return;
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    const isNear = scrollHeight - scrollTop - clientHeight <= NEAR;
    this.isFollowing = isNear || (this.isFollowing && scrollTop >= this.top);
    this.top = scrollTop;
    if (isNear) this.hasNews = false;
    this.drawBelow();
  }

  pin() {
    this.log.scrollTop = this.log.scrollHeight;
    this.top = this.log.scrollTop;
  }

  keepPlace() {
    if (this.log.clientHeight === 0) return;
    if (this.isFollowing) this.pin();
    else if (this.log.scrollTop !== this.top) this.log.scrollTop = this.top;
  }

  /** The content has changed its height by itself. */
  settle() {
    if (this.isFollowing) this.pin();
  }

  follow() {
    this.isFollowing = true;
    this.hasNews = false;
    this.pin();
  }

  goBelow() {
    this.follow();
    this.drawBelow();
    this.log.focus({ preventScroll: true });
  }

  drawBelow() {
    const { below, newBelow } = this.panel.words;
    setHidden(this.below, this.isFollowing);
    this.below.classList.toggle("smp-news", this.hasNews);
    setLabel(this.below, this.hasNews ? newBelow : below);
  }

  // The focus: where its element goes away, keys must not fall upon the notebook.

  focusPlace() {
    const focused = document.activeElement;
    const turn = focused?.closest?.(".smp-turn");
    if (!turn || !this.list.contains(turn)) return null;
    return { focused, index: [...this.list.children].indexOf(turn), action: focused.dataset.action };
  }

  restoreFocus(place) {
    if (!place) return;
    if (place.focused.isConnected && isShown(place.focused)) {
      if (document.activeElement !== place.focused) place.focused.focus({ preventScroll: true });
      return;
    }
    const turn = this.list.children[place.index];
    const same = place.action && turn?.querySelector(`[data-action="${place.action}"]:not(:disabled)`);
    const target = same && isShown(same) ? same : this.log;
    target.focus({ preventScroll: true });
  }
}

function isShown(element) {
  return !element.disabled && element.getClientRects().length > 0;
}
