// The keys of a text box in a notebook. Half-typed Chinese and Japanese is never sent.

/** Gives `box` its keys: `send` on Enter, `leave` on Escape, `recall` on Up where it is empty. */
function listenToKeys(box, { send, leave, recall = () => false }) {
  let hasJustComposed = false;
  box.addEventListener("compositionend", () => {
    hasJustComposed = true;
    setTimeout(() => (hasJustComposed = false));
  });
  box.addEventListener("keydown", (event) => {
    if (isComposing(event) || hasJustComposed) return;
    const act = { Enter: event.shiftKey ? insertLine : send, Escape: leave, ArrowUp: recall }[event.key];
    if (act && act(box) !== false) event.preventDefault();
  });
}

/** Whether a key is the input method's: it chooses or drops what is half typed. */
function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

function insertLine(box) {
  insertText(box, "\n");
}

/** Inserts at the caret, so that the browser's own undo knows of it. */
function insertText(box, text) {
  const before = box.value;
  document.execCommand("insertText", false, text);
  if (box.value !== before) return;
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

const LONGEST_MEASURED = 20_000;

/** Lets the box be as high as its text; its style sheet says how high it may become. */
function fitHeight(box) {
  if (box.value.length > LONGEST_MEASURED) {
    box.style.height = "100vh";
    return;
  }
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

/** Keeps keys from the notebook, but for saving it: that is wanted wherever the focus is. */
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if ((event.ctrlKey || event.metaKey) && event.key === "s") passOn(event, root.parentElement);
  });
}

function passOn(event, element) {
  const copy = new KeyboardEvent(event.type, event);
  if (!element.dispatchEvent(copy)) event.preventDefault();
}
