// Words that have just come are seen one after another. They stand there from the first and are only
// painted later: no layout, no selection and no screen reader knows of it.

const ARRIVING = "secondme-arriving";
const ARRIVAL = 150;
const MOST_ARRIVING = 2_000;

/** The end of an element that is not painted yet. Hosts that cannot do so paint all at once. */
class Arriving {
  constructor(element) {
    this.element = element;
    this.count = 0;
    this.range = null;
    this.frame = null;
  }

  /** Lets the last words come little by little: `count` characters more, now that they are there. */
  add(count) {
    if (!globalThis.CSS?.highlights || isReducedMotion()) return;
    this.count = Math.max(0, this.count + count);
    if (this.count > MOST_ARRIVING) this.count = 0;
    const now = performance.now();
    if (count > 0) this.until = now + ARRIVAL;
    this.paint();
    if (this.count) this.frame ??= requestAnimationFrame((next) => this.step(now, next));
  }

  step(before, now) {
    const share = Math.min(1, (this.until - now) / (this.until - before));
    this.count = share > 0 ? Math.floor(this.count * share) : 0;
    this.paint();
    this.frame = this.count ? requestAnimationFrame((next) => this.step(now, next)) : null;
  }

  /** Shows all at once. */
  end() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.count = 0;
    this.paint();
  }

  paint() {
    if (!this.count && !this.range) return;
    if (!CSS.highlights.has(ARRIVING)) CSS.highlights.set(ARRIVING, new Highlight());
    const unseen = CSS.highlights.get(ARRIVING);
    if (this.range) unseen.delete(this.range);
    this.range = this.count ? endOf(this.element, this.count) : null;
    if (this.range) unseen.add(this.range);
  }
}

/** Returns the last `count` characters of `element`. */
function endOf(element, count) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const last = texts.lastChild();
  if (!last) return null;
  let first = last;
  let left = count - last.length;
  while (left > 0 && texts.previousNode()) {
    first = texts.currentNode;
    left -= first.length;
  }
  const start = { startContainer: first, startOffset: Math.max(0, -left) };
  return new StaticRange({ ...start, endContainer: last, endOffset: last.length });
}
