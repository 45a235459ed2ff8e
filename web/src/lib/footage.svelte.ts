/** What one camera has recorded around the shown span, and the alarms it had. */

import { api } from "./api";
import { desk } from "./desk.svelte";
import type { View } from "./spans";
import type { Alarm, Segment } from "./types";

export class Footage {
  segments = $state.raw<Segment[]>([]);
  /** Why the list could not be loaded, "" when it could. */
  wrong = $state("");
  private past = $state.raw<Alarm[]>([]);

  /** Newest first; what the live list knows is newer than what was asked for at the start. */
  alarms = $derived.by(() => {
    const all = new Map(this.past.map((alarm) => [alarm.id, alarm]));
    for (const alarm of desk.alarms) if (alarm.camera === this.camera) all.set(alarm.id, alarm);
    return [...all.values()].sort((a, b) => b.raised - a.raised);
  });

  constructor(readonly camera: string) {}

  /** The list for the view and half as much on both sides; true when it has come. */
  async load(view: View): Promise<boolean> {
    if (!desk.may("view_recordings")) return false;
    const pad = (view.to - view.from) / 2;
    try {
      this.segments = await api.recordings(
        this.camera,
        Math.floor(view.from - pad),
        Math.ceil(view.to + pad),
      );
      this.wrong = "";
      return true;
    } catch (error) {
      this.wrong = error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  async loadAlarms(): Promise<void> {
    if (!desk.may("view_alarms")) return;
    try {
      this.past = await api.alarms({ state: "all", camera: this.camera, limit: 200 });
    } catch {
      return; // the live list still shows the open ones
    }
  }
}
