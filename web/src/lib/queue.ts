/** The rows of the queue: alarms that stand alone, and groups as one. Pure, tested. */

import type { Group } from "./alarmtypes";
import type { Alarm } from "./types";
import { inQueue, isOpen, SEVERITY_RANK } from "./words";

export interface Row {
  /** The alarm's id, or "group " and the group's. */
  key: string;
  alarm?: Alarm;
  group?: Group;
  open: boolean;
}

/** Raised before acknowledged before closed; what is raised by its severity; the newer first. */
function byUrgency(a: Row, b: Row): number {
  const rank = (one: Row) => {
    const raised = one.alarm ? one.alarm.state === "raised" : (one.group?.raised ?? 0) > 0;
    return raised && one.open ? 0 : one.open ? 1 : 2;
  };
  const grave = (one: Row) => SEVERITY_RANK[one.alarm?.severity ?? one.group?.worst ?? "info"];
  const time = (one: Row) => one.alarm?.raised ?? one.group?.last ?? 0;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 0 && grave(a) !== grave(b)) return grave(a) - grave(b);
  return time(b) - time(a);
}

/** Where one goes from the row `key`, one down (1) or up (−1). An answered row moves down to the others
 * like it: `stood` is where it stood when it was answered, and from there one goes on. */
export function beside(rows: readonly Row[], key: string | undefined, by: 1 | -1, stood: number | null): Row | undefined {
  const at = rows.findIndex((one) => one.key === key);
  const to = stood === null || stood === at ? at + by : by > 0 ? stood : stood - 1;
  return rows[Math.min(rows.length - 1, Math.max(0, to))];
}

/** What is shown to who chose nothing: what was in front of them (`key`; in its `group` if it joined one)
 * while it is open, so that nothing moves under a key being pressed, else the most urgent. */
export function inFront(rows: readonly Row[], key: string | null, group: string | null): Row | undefined {
  const open = (wanted: string) => rows.find((one) => one.open && one.key === wanted);
  return (key === null ? undefined : open(key)) ?? (group ? open(`group ${group}`) : undefined) ?? rows[0];
}

/** What a list shows; `sticky` stays in it although it was answered. Alarms of groups are not among
 * `alarms`. */
export function rowsOf(
  which: "open" | "shelved" | "all",
  alarms: readonly Alarm[],
  groups: readonly Group[],
  sticky: string | null,
): Row[] {
  const single = alarms
    .filter((alarm) =>
      which === "all" ? true : which === "shelved" ? isOpen(alarm) && !!alarm.shelved : inQueue(alarm) || alarm.id === sticky,
    )
    .map((alarm): Row => ({ key: alarm.id, alarm, open: inQueue(alarm) }));
  const crowds = which === "shelved" ? [] : groups.map((group): Row => {
    return { key: `group ${group.id}`, group, open: group.raised + group.acknowledged > 0 };
  });
  return [...single, ...crowds.filter((one) => which === "all" || one.open || one.key === sticky)].sort(byUrgency);
}
