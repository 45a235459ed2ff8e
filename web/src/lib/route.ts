/** Addresses of the page, read. Pure functions, tested. */

export type Route =
  | { view: "wall" }
  | { view: "camera"; id: string; at: number | null }
  | { view: "alarms"; id: string | null }
  | { view: "fleet"; plan: string | null }
  | { view: "counts" }
  | { view: "system" }
  | { view: "add" }
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
    case "fleet":
      return { view: "fleet", plan: id };
    case "counts":
    case "system":
    case "add":
    case "login":
    case "setup":
    case "public":
      return { view: first };
    default:
      return { view: "wall" };
  }
}

/** Where a login leads back to: a path of this page, never another site. */
export function backPath(search: string): string {
  const to = new URLSearchParams(search).get("back") ?? "/";
  return /^\/(?![/\\])/.test(to) ? to : "/";
}
