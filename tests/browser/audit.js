// What WCAG 2.2 AA asks for and a program can measure: contrast, names, sizes, structure.
() => {
  const found = [];
  const rgba = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const over = (top, a, below) => top.map((v, i) => v * a + below[i] * (1 - a));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const { rgb, a } = rgba(getComputedStyle(e).backgroundColor);
      if (a > 0) layers.push([rgb, a]);
    }
    return layers.reverse().reduce((below, [rgb, a]) => over(rgb, a, below), [255, 255, 255]);
  };
  const opacity = (element) => {
    let all = 1;
    for (let e = element; e; e = e.parentElement) all *= Number(getComputedStyle(e).opacity);
    return all;
  };
  const visible = (e) =>
    e.checkVisibility({ visibilityProperty: true }) && opacity(e) > 0.1 && 
    !e.closest("[aria-hidden=true]");
  const where = (e) => `<${e.localName} class="${e.getAttribute("class") ?? ""}"> ${e.textContent.trim().slice(0, 40)}`;
  const text = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");

  let words = 0;
  for (const e of document.body.querySelectorAll("*")) {
    if (!text(e) || !visible(e) || e.closest(":disabled, noscript, canvas, script, style, .said")) continue;
    words += 1;
    const style = getComputedStyle(e);
    const below = ground(e);
    const { rgb, a } = rgba(style.color);
    const got = contrast(over(rgb, a * opacity(e), below), below);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (got < (large ? 3 : 4.5)) found.push(`contrast ${got.toFixed(2)}: ${where(e)}`);
  }
  const named = (e) =>
    (e.getAttribute("aria-label") ?? "").trim() ||
    [...(e.labels ?? [])].some((label) => label.textContent.trim()) ||
    document.getElementById(e.getAttribute("aria-labelledby") ?? "")?.textContent.trim() ||
    e.textContent.trim() || e.querySelector("img[alt]:not([alt=''])");
  const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, [role=slider], [tabindex]:not([tabindex='-1'])")];
  for (const e of controls.filter(visible)) {
    if (!named(e)) found.push(`no name: ${where(e)}`);
    const box = e.getBoundingClientRect();
    const inline = getComputedStyle(e).display === "inline";
    if (!inline && (box.width < 24 || box.height < 24)) found.push(`small, ${box.width}×${box.height}: ${where(e)}`);
  }
  const said = (e) =>
    e.hasAttribute("alt") || e.getAttribute("aria-label") || e.textContent.trim() ||
    e.closest("a[aria-label], [role=img][aria-label]");
  for (const e of document.querySelectorAll("video, canvas, svg[role=img], img"))
    if (visible(e) && !said(e)) found.push(`a picture without words: ${where(e)}`);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) found.push(`id twice: ${id}`);
  if (document.querySelectorAll("main").length !== 1) found.push("not one <main>");
  if (document.querySelectorAll("h1").length < 1) found.push("no <h1>");
  if (!document.documentElement.lang) found.push("no language");
  return { found, words, controls: controls.length };
}
