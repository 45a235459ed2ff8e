/** Keyboard shortcuts that never get in the way of typing or of the browser's own keys. */

export type Keys = Record<string, (event: KeyboardEvent) => void>;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type))
  );
}

/** Listen for keys while a component stands; returns the end of it, as `$effect` wants. */
export function bindKeys(keys: Keys): () => void {
  const listen = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (!act) return;
    // A focused button or link keeps Enter and space for itself.
    const own = event.key === "Enter" || event.key === " ";
    if (own && (event.target as HTMLElement).closest?.("button, a, summary, video")) return;
    event.preventDefault();
    act(event);
  };
  addEventListener("keydown", listen);
  return () => removeEventListener("keydown", listen);
}
