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

/** Hides the transcript that stands below a live panel for the time when there is none. */
function hideTranscript(element) {
  const outputs = element.closest(OUTPUTS) ?? document.body;
  outputs.classList.add("smp-live");
  return () => {
    if (!outputs.querySelector(".secondme-panel")) outputs.classList.remove("smp-live");
  };
}
