// The notebook around a panel, as JupyterLab and Notebook 7 have it. Other hosts have none to us.

/** Puts `code` into a new cell below the one that `element` is in, and returns whether it could. */
function insertCell(model, element, code) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  const index = indexOfCell(element);
  if (!notebook?.insertCell || !(index < notebook.cells?.length)) return false;
  notebook.insertCell(index + 1, { cell_type: "code", source: code, metadata: {} });
  return true;
}

const TRANSCRIPT = /<div class="secondme-transcript" data-panel="[^"]*">/;

/**
 * Puts the transcript below its panel as the kernel would: it cannot where the page was loaded anew,
 * for that has forgotten the names of outputs. Another panel of the cell keeps its own.
 */
function keepTranscript(model, element, output) {
  const outputs = model.widget_manager?.context?.model?.cells?.get?.(indexOfCell(element))?.outputs;
  const mark = TRANSCRIPT.exec(output.data["text/html"])?.[0];
  for (let index = 0; index < (outputs?.length ?? 0); index += 1) {
    const { data } = outputs.get(index).toJSON();
    const html = [data?.["text/html"] ?? ""].flat().join("");
    if (!mark || TRANSCRIPT.exec(html)?.[0] !== mark) continue;
    if (html !== output.data["text/html"]) outputs.set(index, { output_type: "display_data", ...output });
  }
}

function indexOfCell(element) {
  return Number.parseInt(element.closest(".jp-Notebook-cell")?.dataset.windowedListIndex);
}

const OUTPUTS = ".jp-OutputArea, .output_container, .cell_container, .output";

/** Returns what holds a panel and the plain transcript below it. */
function outputsAround(element) {
  return element.closest(OUTPUTS) ?? document.body;
}

/**
 * Hides the plain transcript below a panel, or shows it again. It says what the panel says, so it is
 * hidden while a kernel answers a panel there; without one it may be all that there is to read.
 */
function coverTranscript(outputs, element, isCovered) {
  element.classList.toggle("smp-covering", isCovered);
  outputs.classList.toggle("smp-live", outputs.querySelector(".smp-covering") !== null);
}
