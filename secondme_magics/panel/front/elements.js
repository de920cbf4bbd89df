// Makes elements. Each that can have the focus keeps the notebook's shortcuts away from it.

const FOCUSABLE = "a[href], button, input, select, summary, textarea, pre, [tabindex], .secondme-table, .secondme-display";
const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  stop: "M4.5 4.5h7v7h-7z",
  down: "M8 3v10M3.5 8.5 8 13l4.5-4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5 6.5 12 13 4.5",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3zM9 4.7 11.3 7",
  again: "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3",
  cell: "M2.5 3.5h11v9h-11zM8 5.8v4.4M5.8 8h4.4",
  earlier: "M10 3 5 8l5 5",
  later: "M6 3l5 5-5 5",
  chevron: "M4.5 6.5 8 10l3.5-3.5",
  role: "M8 8.2a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM3 13.5c.5-2.4 2.5-3.6 5-3.6s4.5 1.2 5 3.6",
  settings: "M2.5 5h6M12 5h1.5M2.5 11h1.5M7.5 11h6M10.2 3.2v3.6M5.8 9.2v3.6",
  plus: "M8 3v10M3 8h10",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  talk: "M2.5 3.5h11v7.5h-6.5l-3 2.5v-2.5h-1.5z",
};

function make(tag, { text, on, data, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  for (const [kind, listener] of Object.entries(on ?? {})) element.addEventListener(kind, listener);
  Object.assign(element.dataset, data);
  if (text != null) element.textContent = text;
  element.append(...children.filter(Boolean));
  if (element.matches(FOCUSABLE)) keepShortcutsAway(element);
  return element;
}

function keepShortcutsAway(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("smp-icon", `smp-icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function iconButton(name, label, click, more = {}) {
  return make(
    "button",
    { type: "button", class: "smp-tool", "aria-label": label, title: label, on: { click }, ...more },
    icon(name),
  );
}

function wordButton(label, click, { look = "smp-word", ...more } = {}) {
  return make("button", { type: "button", class: look, text: label, on: { click }, ...more });
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

function setLabel(element, label) {
  if (element.title === label) return;
  element.title = label;
  element.setAttribute("aria-label", label);
}

/** The nodes of `html`, which the kernel has made safe: nothing else is ever parsed. */
function nodesOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  if (!SPECIAL.test(html)) return template.content;
  for (const each of template.content.querySelectorAll(FOCUSABLE)) keepShortcutsAway(each);
  for (const link of template.content.querySelectorAll("a[href]")) link.target = "_blank";
  return template.content;
}

function isReducedMotion() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
