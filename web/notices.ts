/** Adds to the page's licences those of packages that come already bundled inside others. */

import { existsSync, readdirSync, readFileSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
  dependencies?: Record<string, string>;
}

const folder = (name: string) => join(import.meta.dirname, "node_modules", name);

/** What a package needs to run, and what that needs, each once; types are nothing that runs. */
function needs(name: string, found = new Map<string, Manifest>()): Map<string, Manifest> {
  const manifest = JSON.parse(readFileSync(join(folder(name), "package.json"), "utf8")) as Manifest;
  for (const one of Object.keys(manifest.dependencies ?? {})) {
    if (one.startsWith("@types/") || found.has(one) || !existsSync(folder(one))) continue;
    found.set(one, JSON.parse(readFileSync(join(folder(one), "package.json"), "utf8")) as Manifest);
    needs(one, found);
  }
  return found;
}

function notice({ name, version, license, author }: Manifest): string {
  const file = readdirSync(folder(name)).find((one) => /^licen[cs]e/i.test(one));
  const by = typeof author === "object" ? author.name : author;
  const text = file ? readFileSync(join(folder(name), file), "utf8").trim() : `By ${by ?? "its authors"}.`;
  return `\n## ${name} - ${version} (${license ?? "see below"})\n\n${text}\n`;
}

/** `bundles`: packages that ship with others' code in them; `target`: the file Vite writes. */
export function notices(bundles: string[], target: string): Plugin {
  return {
    name: "notices",
    apply: "build",
    closeBundle() {
      const found = new Map(bundles.flatMap((one) => [...needs(one)]));
      const names = [...found.keys()].sort();
      appendFileSync(target, names.map((one) => notice(found.get(one)!)).join(""));
    },
  };
}
