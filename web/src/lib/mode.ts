/** The site's mode in words. Its names are the owner's: they are shown, never translated. */

import { t } from "./i18n";
import type { Mode } from "./types";

/** "armed_away" is written "Armed away". */
export function modeName(name: string): string {
  const plain = name.replaceAll("_", " ");
  return plain.slice(0, 1).toUpperCase() + plain.slice(1);
}

/** Why the site is in this mode, and for how long. `when` says a time in words. */
export function modeReason(mode: Mode, when: (time: number) => string): string {
  if (mode.chosen_by === "" && !mode.timed) return "";
  const until = mode.until === null ? "" : when(mode.until);
  if (mode.chosen_by === "") return until ? t("As scheduled, until {{until}}", { until }) : t("As scheduled");
  const by = mode.chosen_by;
  return until
    ? t("Chosen by {{by}}, until {{until}}", { by, until })
    : t("Chosen by {{by}}, until somebody changes it", { by });
}
