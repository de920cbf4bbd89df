// The notebook around a panel, as JupyterLab and Notebook 7 have it. Other hosts have none to us.

/** Puts `code` into a new cell below the one that `element` is in, and returns whether it could. */
function insertCell(model, element, code) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  const index = Number.parseInt(element.closest(".jp-Notebook-cell")?.dataset.windowedListIndex);
  if (!notebook?.insertCell || !(index < notebook.cells?.length)) return false;
  notebook.insertCell(index + 1, { cell_type: "code", source: code, metadata: {} });
  return true;
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
