// What the kernel has said of a panel, in its order, and the way to answer it. Knows no element.

const LONGEST_PROMPT = 1024 * 1024;
const SECOND_READY = 1_500;
const PATIENCE = 1_000;
const LONG_SILENCE = 4_000;

const NO_HEAD = {
  instance: { name: "Second Me", origin: "", is_demo: false, is_second_me: true },
  status: "idle",
  can_interrupt: true,
  conversation: "",
  conversations: [],
  roles: null,
  role: null,
  settings: {},
  suggestions: [],
  waiting: null,
  can_undo: false,
  can_bring_back: false,
  version: "",
};

/** One for each model: all views of a panel show the same. */
class Store {
  constructor(model) {
    this.model = model;
    this.page = newId();
    this.head = NO_HEAD;
    this.turns = [];
    this.sent = new Map();
    this.waited = null;
    this.untold = [];
    this.seq = -1;
    this.isHeard = false;
    this.isGone = false;
    this.answered = 0;
    this.isStopping = false;
    this.awaitedFiles = 0;
    this.catchingUp = null;
    this.revision = 0;
    this.listeners = new Set();
    this.hear = (message) => this.receive(message);
    this.see = () => this.takeState(model.get("snapshot"));
    this.feel = () => this.ready();
    model.on("msg:custom", this.hear);
    model.on("change:snapshot", this.see);
    model.on("comm_live_update", this.feel);
    this.unwatchKernel = watchKernel(model, { gone: () => this.lose(), back: this.feel });
    this.unwatchPage = watchPage(() => this.status !== "idle" && this.ready());
    this.see();
  }

  close() {
    this.model.off("msg:custom", this.hear);
    this.model.off("change:snapshot", this.see);
    this.model.off("comm_live_update", this.feel);
    this.unwatchKernel();
    this.unwatchPage();
    this.listeners.clear();
    this.stopCatchingUp();
  }

  stopCatchingUp() {
    clearTimeout(this.catchingUp);
    this.catchingUp = null;
  }

  listen(listener) {
    this.listeners.add(listener);
    for (const event of this.untold.splice(0)) listener(event);
    return () => this.listeners.delete(listener);
  }

  tell(event) {
    for (const listener of this.listeners) listener(event);
  }

  /** Tells the view that has asked, or another where that is gone, or the next one if there is none. */
  tellAsker(asker, event) {
    const listener = this.listeners.has(asker) ? asker : [...this.listeners][0];
    if (listener) listener(event);
    else this.untold.push(event);
  }

  /** Sends; where the kernel is gone that is said once, and nothing is lost. */
  send(kind, fields = {}) {
    try {
      this.model.send({ kind, ...fields });
      return true;
    } catch {
      this.lose();
      return false;
    }
  }

  /** The kernel is gone: what stands here is all there will be, unless it is heard of again. */
  lose() {
    this.isGone = true;
    this.isStopping = false;
    this.awaitedFiles = 0;
    this.stopCatchingUp();
    this.tell({ kind: "state" });
  }

  /** Asks for all there is; a first time, and again once the kernel has a thread for us. */
  ready() {
    this.send("ready", { page: this.page });
  }

  /** Asks for all there is until it comes: something was lost on the way. */
  catchUp(patience = PATIENCE) {
    this.ready();
    this.catchingUp = this.isGone ? null : setTimeout(() => this.catchUp(2 * patience), patience);
  }

  /** Sends what begins an answer for `asker`, and keeps it until the kernel is seen to have it. */
  start(kind, fields, asker) {
    const before = this.onItsWay(kind, fields);
    if (before) {
      if (performance.now() - before.at > LONG_SILENCE) this.ready();
      return null;
    }
    const prompt_id = newId();
    this.sent.set(prompt_id, { kind, ...fields, prompt_id, at: performance.now(), asker });
    if (!this.send(kind, { ...fields, prompt_id })) this.sent.delete(prompt_id);
    this.tell({ kind: "state" });
    return this.sent.has(prompt_id) ? prompt_id : null;
  }

  /**
   * Returns the same if it was sent and is not heard of: a second click is none, but after a long
   * silence it asks for all there is, upon which what was lost is sent again.
   */
  onItsWay(kind, { turn, prompt }) {
    const isSame = (each) => each.kind === kind && each.turn === turn && each.prompt === prompt;
    return [...this.sent.values()].find(isSame);
  }

  stop() {
    if (this.status === "idle" || this.isStopping) return;
    this.isStopping = this.send("stop");
    this.tell({ kind: "state" });
  }

  get status() {
    if (this.isGone) return "idle";
    return this.isStopping && this.head.status === "answering" ? "stopping" : this.head.status;
  }

  /** The prompts that were sent and have not been heard of. */
  get unheard() {
    return [...this.sent.values()].filter((each) => each.kind === "ask");
  }

  forget(prompt_id) {
    this.sent.delete(prompt_id);
    this.tell({ kind: "state" });
  }

  receive(message) {
    this.isHeard = true;
    if (message?.kind === "snapshot") {
      this.isGone = false;
      this.takeState(message.state, message.seq);
      this.sendAgain();
      return;
    }
    const take = this[`take_${message?.kind}`];
    if (!take || message.seq <= this.seq) return;
    if (message.seq > this.seq + 1) {
      if (this.catchingUp === null) this.catchUp();
      return;
    }
    this.seq = message.seq;
    take.call(this, message);
    this.settle();
    this.tell({ kind: "state" });
  }

  takeState(state, seq = -1) {
    if (!state?.head || Math.max(state.seq, seq) < this.seq) return;
    this.seq = Math.max(state.seq, seq);
    this.stopCatchingUp();
    this.take_head(state);
    this.turns = state.turns.map((turn) => this.revised(turn));
    this.settle();
    this.tell({ kind: "state" });
  }

  take_head({ head }) {
    if (this.head.status !== "idle" && head.status === "idle") this.answered += 1;
    this.head = head;
    this.isStopping = head.status === "stopping";
  }

  take_turns({ from, turns }) {
    this.turns = [...this.turns.slice(0, from), ...turns.map((turn) => this.revised(turn))];
  }

  take_grow({ turn: key, keep, html, keep_end, cuts, thought }) {
    const turn = this.turns.findLast((each) => each.key === key);
    if (!turn) return;
    let open = turn.tail.slice(0, keep) + html + turn.tail.slice(turn.tail.length - keep_end);
    for (const length of cuts) {
      turn.blocks.push(open.slice(0, length));
      open = open.slice(length);
    }
    turn.tail = open;
    turn.thought = thought ?? turn.thought;
    turn.wait = null;
    turn.revision = ++this.revision;
  }

  take_wait({ turn: key, seconds, connected }) {
    const turn = this.turns.findLast((each) => each.key === key);
    if (!turn) return;
    turn.wait = { since: performance.now() - seconds * 1000, connected };
    turn.revision = ++this.revision;
  }

  take_refused({ prompt_id, what, hint }) {
    const sent = this.sent.get(prompt_id) ?? (this.waited?.prompt_id === prompt_id ? this.waited : null);
    this.sent.delete(prompt_id);
    this.isStopping = false;
    const event = { kind: "refused", prompt_id, prompt: sent?.prompt ?? "", what, hint };
    if (event.prompt) this.tellAsker(sent.asker, event);
    else this.tell(event);
  }

  /** What was sent has long been taken, and nothing more comes of it. */
  take_over({ prompt_id }) {
    this.sent.delete(prompt_id);
  }

  take_cell({ prompt_id, code }) {
    const sent = this.sent.get(prompt_id);
    this.sent.delete(prompt_id);
    if (sent) this.tellAsker(sent.asker, { kind: "cell", turn: sent.turn, code });
  }

  take_kept({ output }) {
    this.tell({ kind: "kept", output });
  }

  take_no_roles({ what, hint }) {
    this.tell({ kind: "no_roles", what, hint });
  }

  take_said({ text }) {
    this.tell({ kind: "said", text });
  }

  take_file(file) {
    if (this.awaitedFiles === 0) return; // it was asked for by another page
    this.awaitedFiles -= 1;
    download(file);
  }

  /** A turn whose blocks are not told again keeps those that have grown. */
  revised(turn) {
    const blocks = turn.blocks ?? this.turns.find((each) => each.key === turn.key)?.blocks ?? [];
    return { ...turn, blocks: [...blocks], wait: null, revision: ++this.revision };
  }

  /** Forgets what was sent and is seen to have arrived; what waits may still be refused. */
  settle() {
    for (const [prompt_id, sent] of this.sent) {
      const isWaiting = this.head.waiting?.prompt_id === prompt_id;
      if (isWaiting) this.waited = sent;
      if (isWaiting || this.hasBegun(prompt_id)) this.sent.delete(prompt_id);
    }
  }

  hasBegun(prompt_id) {
    return this.turns.some((turn) => turn.prompt_id === prompt_id);
  }

  /** Sends again what may have been lost: the kernel takes a prompt's id only once. */
  sendAgain() {
    for (const { at, asker, kind, ...fields } of this.sent.values()) this.send(kind, fields);
  }
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("");
}

function isTooLong(prompt) {
  return prompt.length * 3 > LONGEST_PROMPT && new TextEncoder().encode(prompt).length > LONGEST_PROMPT;
}
