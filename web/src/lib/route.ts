/** Addresses of the page, read. Pure functions, tested. */

export type Route =
  | { view: "wall" }
  | { view: "camera"; id: string; at: number | null }
  | { view: "alarms"; id: string | null; group?: string }
  | { view: "handover" }
  | { view: "report"; period: string }
  | { view: "rules"; id: string }
  | { view: "fleet"; plan: string | null }
  | { view: "counts" }
  | { view: "events" }
  | { view: "system" }
  | { view: "add" }
  | { view: "notify" }
  | { view: "login" }
  | { view: "setup" }
  | { view: "invite" }
  | { view: "users" }
  | { view: "public" }
  | { view: "stores" }
  | { view: "store"; id: string }
  | { view: "entry"; id: string; corrects: number | null }
  | { view: "meters" }
  | { view: "meter"; id: string };

export function parse(path: string, search = ""): Route {
  const [, first = "", second, third] = path.split("/");
  const id = second ? decodeURIComponent(second) : null;
  switch (first) {
    case "camera": {
      if (id === null) return { view: "wall" };
      if (third === "rules") return { view: "rules", id };
      const at = Number(new URLSearchParams(search).get("at"));
      return { view: "camera", id, at: at > 0 ? at : null };
    }
    case "alarms":
      if (second === "group" && third) return { view: "alarms", id: null, group: decodeURIComponent(third) };
      return { view: "alarms", id };
    case "store": {
      if (id === null) return { view: "stores" };
      if (third !== "entry") return { view: "store", id };
      const corrects = Number(new URLSearchParams(search).get("corrects"));
      return { view: "entry", id, corrects: Number.isInteger(corrects) && corrects > 0 ? corrects : null };
    }
    case "meter":
      return id === null ? { view: "meters" } : { view: "meter", id };
    case "report":
      return { view: "report", period: id ?? "month" };
    case "fleet":
      return { view: "fleet", plan: id };
    case "handover":
    case "counts":
    case "events":
    case "system":
    case "add":
    case "notify":
    case "login":
    case "setup":
    case "invite":
    case "users":
    case "public":
    case "stores":
    case "meters":
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
