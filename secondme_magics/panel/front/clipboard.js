// Copies text, also where a page has no clipboard: plain http hosts and frames. Never fails silently.

/** Returns whether the text is in the clipboard; if not, `shown` is selected for the reader to copy. */
async function copyText(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text, shown) || (selectAll(shown), false);
  }
}

function copyByHand(text, shown) {
  const before = document.activeElement;
  const area = make("textarea", { class: "smp-hidden", "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  shown.parentElement.append(area);
  area.select();
  let isCopied = false;
  try {
    isCopied = document.execCommand("copy");
  } catch {
    isCopied = false;
  }
  area.remove();
  before?.focus({ preventScroll: true });
  return isCopied;
}

function selectAll(shown) {
  const selection = window.getSelection();
  selection.removeAllRanges();
  const range = document.createRange();
  range.selectNodeContents(shown);
  selection.addRange(range);
}

/** The text of a block of code; one that came in pieces is put together again. */
function codeAround(block) {
  let first = block;
  while (isPiece(first.previousElementSibling)) first = first.previousElementSibling;
  const parts = [first];
  while (isPiece(parts.at(-1)) && parts.at(-1).nextElementSibling?.matches(".highlight")) {
    parts.push(parts.at(-1).nextElementSibling);
  }
  return parts.map((part) => part.querySelector("pre").textContent).join("");
}

function isPiece(element) {
  return element?.matches(".highlight.secondme-cut") ?? false;
}

function download({ name, mime, text }) {
  const url = URL.createObjectURL(new Blob([text], { type: mime }));
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
