/** Light or dark colours: as the system wishes, or as somebody chose here.
 *
 * The colours stand in app.css. `public/theme.js` sets what was chosen before the first paint. */

export const THEMES = ["auto", "light", "dark"] as const;
export type Choice = (typeof THEMES)[number];

export const KEPT = "streetlamp.theme";

export function known(text: string | null): Choice {
  return THEMES.find((one) => one === text) ?? "auto";
}

class Theme {
  choice = $state<Choice>("auto");
  private system = $state(true);
  /** Whether the page is dark now. */
  readonly dark = $derived(this.choice === "auto" ? this.system : this.choice === "dark");
  private readonly found = new Map<string, string>();

  constructor() {
    if (typeof matchMedia === "undefined") return; // in tests
    const wish = matchMedia("(prefers-color-scheme: dark)");
    this.choice = known(localStorage.getItem(KEPT));
    this.system = wish.matches;
    wish.addEventListener("change", () => {
      this.found.clear();
      this.system = wish.matches;
    });
  }

  set(choice: Choice): void {
    if (choice === "auto") localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, choice);
    // As public/theme.js does, and back again.
    const root = document.documentElement;
    if (choice === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = choice;
    const meta = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
    if (meta) meta.content = choice === "auto" ? "dark light" : choice;
    for (const bar of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const of = bar.dataset["of"];
      bar.media = choice === "auto" ? `(prefers-color-scheme: ${of})` : of === choice ? "all" : "not all";
    }
    this.found.clear();
    this.choice = choice;
  }

  /** A colour of app.css for a canvas, as it is now: "lamp" is --lamp. Follows a change of theme. */
  colour(name: string): string {
    void this.dark;
    let found = this.found.get(name);
    if (found === undefined) {
      // Only a property that takes a colour says which of light-dark() holds.
      const probe = document.createElement("i");
      probe.style.color = `var(--${name})`;
      document.documentElement.append(probe);
      found = getComputedStyle(probe).color;
      probe.remove();
      this.found.set(name, found);
    }
    return found;
  }
}

export const theme = new Theme();
