// The body of an answer while it grows: finished blocks, which are never touched again, and a tail.

const BLOCKS_OF_PART = 32;
const SPECIAL = /<(?:a|pre)\b|secondme-(?:table|math|display)/;

class Answer {
  constructor(panel) {
    this.panel = panel;
    this.html = [];
    this.nodes = [];
    this.parts = [];
    this.tail = make("div", { class: "smp-tail" });
    this.tailHtml = "";
    this.element = make("div", { class: "secondme smp-body", dir: "auto" }, this.tail);
    this.arriving = new Arriving(this.element);
  }

  /**
   * Shows `blocks` and `tail`; blocks that stand already keep their very elements.
   * Returns whether all of it is there: a frame has room for so much.
   */
  draw(blocks, tail, isStreaming) {
    const isNew = this.length === undefined;
    this.length ??= 0;
    const before = this.length;
    const isWhole = this.drawAll(blocks, tail);
    if (isStreaming && isWhole && !isNew) this.arriving.add(this.length - before);
    else this.arriving.end();
    return isWhole;
  }

  drawAll(blocks, tail) {
    let kept = 0;
    while (kept < this.html.length && this.html[kept] === blocks[kept]) kept += 1;
    if (kept < this.html.length) this.cut(kept);
    while (kept < blocks.length && this.panel.takeRoom(blocks[kept].length)) this.append(blocks[kept++]);
    const isWhole = kept === blocks.length;
    this.drawTail(isWhole ? tail : "");
    return isWhole;
  }

  drawTail(tail) {
    if (tail === this.tailHtml) return;
    this.length -= this.tail.textContent.length;
    this.tail.replaceChildren(nodesOf(tail));
    this.length += this.tail.textContent.length;
    this.tailHtml = tail;
  }

  cut(kept) {
    for (const node of this.nodes.splice(kept).flat()) {
      this.length -= node.textContent.length;
      node.remove();
    }
    this.html.length = kept;
  }

  append(html) {
    const fragment = nodesOf(html);
    const nodes = [...fragment.childNodes];
    this.length += fragment.textContent.length;
    this.part().append(fragment);
    this.html.push(html);
    this.nodes.push(nodes);
    if (SPECIAL.test(html)) for (const node of nodes) this.finish(node);
  }

  /** Blocks stand in parts, so that the layout of a long answer does not go through all of them. */
  part() {
    const part = this.parts.at(-1);
    if (part && (part.childElementCount < BLOCKS_OF_PART || isPiece(part.lastElementChild))) return part;
    this.parts.push(make("div", { class: "smp-part" }));
    this.tail.before(this.parts.at(-1));
    return this.parts.at(-1);
  }

  /** Does for a finished node what is too costly for a tail: copying code, typesetting math. */
  finish(node) {
    if (!(node instanceof Element)) return;
    for (const code of withSelf(node, ".highlight")) {
      if (!isPiece(code.previousElementSibling)) this.addCopy(code);
    }
    for (const pre of withSelf(node, ".highlight pre")) letScroll(pre, this.panel.words.code);
    for (const table of withSelf(node, ".secondme-table")) letScroll(table, this.panel.words.table);
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

/** Lets the keyboard scroll what is wider than the panel. */
function letScroll(element, label) {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
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
