/** Addresses of the page: plain history routing, a handful of paths. */

import { parse } from "./route";

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  route = $derived(parse(this.path, this.search));

  /** Asked before another view is shown; false: stay here. */
  hold: (() => boolean) | null = null;

  constructor() {
    addEventListener("popstate", () => this.back());
    document.addEventListener("click", (event) => this.follow(event));
  }

  go(to: string, replace = false): void {
    if (!this.mayGo(to)) return;
    if (replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    this.read();
    if (!replace) scrollTo(0, 0);
  }

  private mayGo(to: string): boolean {
    return !this.hold || new URL(to, location.href).pathname === this.path || this.hold();
  }

  /** The browser has gone back already; whoever may not is brought forth again. */
  private back(): void {
    if (this.mayGo(location.pathname)) this.read();
    else history.pushState(null, "", this.path + this.search);
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
