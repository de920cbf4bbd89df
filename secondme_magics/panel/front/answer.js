// The body of an answer while it grows: finished blocks, which are never touched again, and a tail.

class Answer {
  constructor(panel) {
    this.panel = panel;
    this.html = [];
    this.nodes = [];
    this.tail = make("div", { class: "smp-tail" });
    this.tailHtml = "";
    this.element = make("div", { class: "secondme smp-body", dir: "auto" }, this.tail);
  }

  /** Shows `blocks` and `tail`; blocks that stand already keep their very elements. */
  draw(blocks, tail) {
    let kept = 0;
    while (kept < this.html.length && this.html[kept] === blocks[kept]) kept += 1;
    for (const node of this.nodes.splice(kept).flat()) node.remove();
    this.html.length = kept;
    for (const html of blocks.slice(kept)) this.append(html);
    if (tail !== this.tailHtml) {
      this.tail.replaceChildren(nodesOf(tail));
      this.tailHtml = tail;
    }
  }

  append(html) {
    const nodes = [...nodesOf(html).childNodes];
    this.tail.before(...nodes);
    this.html.push(html);
    this.nodes.push(nodes);
    for (const node of nodes) this.finish(node);
  }

  /** Does for a finished node what is too costly for a tail: copying code, typesetting math. */
  finish(node) {
    if (!(node instanceof Element)) return;
    for (const code of withSelf(node, ".highlight")) {
      if (!isPiece(code.previousElementSibling)) this.addCopy(code);
    }
    if (withSelf(node, ".secondme-math").length) this.panel.typeset(node);
  }

  addCopy(code) {
    const words = this.panel.words;
    const button = iconButton("copy", words.copyCode, () =>
      this.panel.copy(button, codeAround(code), code.querySelector("pre")),
    );
    button.classList.add("smp-copy-code");
    code.prepend(button);
  }
}

function withSelf(node, selector) {
  const found = [...node.querySelectorAll(selector)];
  return node.matches(selector) ? [node, ...found] : found;
}

/** A thought that is folded; what the reader has opened stays open while it grows. */
class Thought {
  constructor(panel) {
    this.words = panel.words;
    this.html = "";
    this.summary = make("summary", { class: "smp-summary" });
    this.body = make("div", { class: "secondme smp-thought-body", dir: "auto" });
    this.element = make("details", { class: "smp-thought", hidden: true }, this.summary, this.body);
    this.element.addEventListener("toggle", () => panel.transcript.look());
  }

  draw(thought, isStreaming) {
    setHidden(this.element, !thought);
    if (!thought) return;
    const isOpen = isStreaming && thought.open === true;
    this.element.classList.toggle("smp-alive", isOpen);
    setText(this.summary, isOpen ? this.words.thinking : this.words.thought(thought.seconds ?? 0));
    if (thought.html === this.html) return;
    this.html = thought.html;
    this.body.replaceChildren(nodesOf(thought.html));
  }
}
