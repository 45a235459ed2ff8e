// Before anything is painted: the light or dark colours that were chosen here (src/lib/theme.svelte.ts).
// A file of its own, as the page is served without inline scripts.
{
  const chosen = localStorage.getItem("streetlamp.theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
    document.querySelector('meta[name="color-scheme"]').content = chosen;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]'))
      meta.media = meta.dataset.of === chosen ? "all" : "not all";
  }
}
