/** Addresses of the page: plain history routing, a handful of paths. */

export type Route =
  | { view: "wall" }
  | { view: "camera"; id: string; at: number | null }
  | { view: "alarms"; id: string | null }
  | { view: "counts" }
  | { view: "system" }
  | { view: "login" }
  | { view: "setup" }
  | { view: "public" };

export function parse(path: string, search = ""): Route {
  const [, first = "", second] = path.split("/");
  const id = second ? decodeURIComponent(second) : null;
  switch (first) {
    case "camera": {
      if (id === null) return { view: "wall" };
      const at = Number(new URLSearchParams(search).get("at"));
      return { view: "camera", id, at: at > 0 ? at : null };
    }
    case "alarms":
      return { view: "alarms", id };
    case "counts":
    case "system":
    case "login":
    case "setup":
    case "public":
      return { view: first };
    default:
      return { view: "wall" };
  }
}

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  route = $derived(parse(this.path, this.search));

  constructor() {
    addEventListener("popstate", () => this.read());
    document.addEventListener("click", (event) => this.follow(event));
  }

  go(to: string, replace = false): void {
    if (replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    this.read();
    if (!replace) scrollTo(0, 0);
  }

  private read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }

  /** Links of this page change the view without loading the page anew. */
  private follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    const to = new URL(link.href, location.href);
    if (to.origin !== location.origin || to.pathname.startsWith("/api/")) return;
    event.preventDefault();
    this.go(to.pathname + to.search + to.hash);
  }
}

export const router = new Router();
