/** Lengths in pixels become `rem` when the page is built: they grow with the type, which follows the
 * reader's own size and the width of a wall of screens (`html` in src/app.css).
 *
 * Hairlines stay pixels, and so does what is written `PX`: parts that a script counts in pixels.
 * Media queries are not touched: their pixels are the screen's. */

const USUAL = 16; // pixels of a rem where nobody chose another size
const HAIRLINE = 3;

export function rems(value: string): string {
  return value.replace(/(^|[\s(,*+-])(-?\d*\.?\d+)px\b/g, (whole, before: string, number: string) =>
    Math.abs(Number(number)) <= HAIRLINE ? whole : `${before}${Number((Number(number) / USUAL).toFixed(5))}rem`,
  );
}

/** For Vite's `css.postcss.plugins`. */
export function growing() {
  return {
    postcssPlugin: "pixels-to-rem",
    Declaration(declaration: { prop: string; value: string; source?: { input: { file?: string } } }) {
      if (declaration.source?.input.file?.includes("node_modules")) return; // others' own
      if (declaration.value.includes("px") && !(declaration.prop === "font-size" && declaration.value.includes("clamp")))
        declaration.value = rems(declaration.value);
    },
  };
}
