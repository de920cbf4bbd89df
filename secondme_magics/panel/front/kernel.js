// Whether a panel's kernel lives, as JupyterLab and Notebook 7 know it. Other hosts say nothing of it.

const ENDED = new Set(["dead", "terminating", "restarting", "autorestarting"]);

/**
 * Calls `gone` once the kernel has ended or was changed, and `back` when the line to it stands again.
 * A kernel that is shut down leaves its widgets as they are: only its session says so.
 */
function watchKernel(model, { gone, back }) {
  const session = model.widget_manager?.context?.sessionContext;
  const slots = [
    [session?.statusChanged, (_, status) => ENDED.has(status) && gone()],
    [session?.kernelChanged, (_, { oldValue, newValue }) => oldValue && oldValue.id !== newValue?.id && gone()],
    [session?.connectionStatusChanged, (_, status) => status === "connected" && back()],
  ];
  for (const [signal, slot] of slots) signal?.connect?.(slot);
  return () => {
    for (const [signal, slot] of slots) signal?.disconnect?.(slot);
  };
}

/** Calls `seen` whenever the page is looked at again: a browser lets a hidden one sleep. */
function watchPage(seen) {
  const look = () => document.visibilityState === "visible" && seen();
  document.addEventListener("visibilitychange", look);
  return () => document.removeEventListener("visibilitychange", look);
}
