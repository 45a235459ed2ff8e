/** A camera's set while it is changed at the page: steps, what is drawn just now, what is wrong. */

import { t } from "./i18n";
import {
  isClosed, LEAST, pointsOf, removed, rulesApi, sameShape, withPoints,
  type CameraRules, type Checked, type Ground, type RuleSet, type Shape,
} from "./ruleset";
import { inserted, middles, Steps, without } from "./shape";
import type { Point } from "./types";

const CHECK_MS = 350; // after the last change
const EMPTY: RuleSet = { zones: {}, lines: {}, ground: null, rules: [] };

interface Kept {
  based_on: number;
  set: RuleSet;
}

export class Drafting {
  /** What counts at the desk; null until it came. */
  view = $state.raw<CameraRules | null>(null);
  steps = $state.raw(new Steps<RuleSet>(EMPTY));
  checked = $state.raw<Checked>({ mistakes: [], changes: [], plane: null });
  chosen = $state.raw<Shape | null>(null);
  /** The corner that keys move, of the chosen shape. */
  corner = $state<number | null>(null);
  /** What is being drawn, and its corners so far. */
  drawing = $state.raw<Shape | null>(null);
  trail = $state.raw<Point[]>([]);
  /** What a ground that is drawn begins with beside its corners. */
  ground: Ground = {};
  /** Why it could not be loaded, checked or saved. */
  trouble = $state("");
  /** Somebody else saved meanwhile; what was changed here is still here. */
  stale = $state.raw<CameraRules | null>(null);
  /** Changes of an earlier visit were found and taken up again. */
  found = $state(false);
  busy = $state(false);

  private soon: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  constructor(readonly camera: string) {}

  get set(): RuleSet {
    return this.steps.now;
  }
  get dirty(): boolean {
    return this.view !== null && JSON.stringify(this.set) !== JSON.stringify(this.view.set);
  }

  /** From the desk; changes that are here already stay. */
  async load(): Promise<void> {
    try {
      const view = await rulesApi.get(this.camera);
      this.trouble = "";
      const before = this.view;
      if (before && view.version !== before.version && this.dirty) {
        this.stale = view;
        return;
      }
      if (before && view.version === before.version) return;
      const kept = before ? null : this.kept(); // before it is thrown away
      this.take(view);
      if (kept && JSON.stringify(kept.set) !== JSON.stringify(view.set)) {
        this.found = true;
        this.steps = this.steps.to(kept.set);
        if (kept.based_on !== view.version) this.stale = view;
        this.changed();
      }
    } catch (error) {
      this.trouble = words(error);
    }
  }

  /** What the desk says counts; changes that were here are gone. */
  take(view: CameraRules): void {
    this.view = view;
    this.steps = new Steps(view.set);
    this.checked = { mistakes: [], changes: [], plane: view.plane };
    this.stale = null;
    this.found = false;
    this.chosen = null;
    this.corner = null;
    this.cancel();
    sessionStorage.removeItem(this.key);
    if (view.problem) this.changed(); // what is wrong with it, at its fields
  }

  /* --- steps ------------------------------------------------------------------------------------ */

  /** One step. `from` is what it started from, where it was shown meanwhile. */
  put(next: RuleSet, from?: RuleSet): void {
    const steps = from ? this.steps.meanwhile(from) : this.steps;
    this.steps = steps.to(next);
    this.changed();
  }
  meanwhile(next: RuleSet): void {
    this.steps = this.steps.meanwhile(next);
  }
  undo(): void {
    if (this.drawing && this.trail.length) {
      this.trail = this.trail.slice(0, -1);
      return;
    }
    this.steps = this.steps.undo();
    this.settle();
  }
  redo(): void {
    this.steps = this.steps.redo();
    this.settle();
  }
  discard(): void {
    if (this.view) this.take(this.stale ?? this.view);
  }
  private settle(): void {
    if (this.chosen && pointsOf(this.set, this.chosen).length === 0) this.chosen = null;
    this.corner = null;
    this.changed();
  }

  private get key(): string {
    return `streetlamp.rules.${this.camera}`;
  }
  private kept(): Kept | null {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) ?? "null") as Kept | null;
    } catch {
      return null;
    }
  }
  private changed(): void {
    if (this.dirty && this.view) {
      const kept: Kept = { based_on: this.view.version, set: this.set };
      sessionStorage.setItem(this.key, JSON.stringify(kept));
    } else sessionStorage.removeItem(this.key);
    clearTimeout(this.soon);
    this.soon = setTimeout(() => void this.check(), CHECK_MS);
  }

  /* --- the desk --------------------------------------------------------------------------------- */

  async check(): Promise<boolean> {
    clearTimeout(this.soon);
    const turn = ++this.asked;
    try {
      const checked = await rulesApi.check(this.camera, this.set);
      if (turn === this.asked) this.checked = checked;
      this.trouble = "";
      return checked.mistakes.length === 0;
    } catch (error) {
      this.trouble = words(error);
      return false;
    }
  }

  /** True when it was saved. Whatever goes wrong, the changes stay here. */
  async save(note: string): Promise<boolean> {
    if (!this.view || this.busy) return false;
    this.busy = true;
    try {
      this.take(await rulesApi.save(this.camera, this.set, this.view.version, note));
      return true;
    } catch (error) {
      this.trouble = words(error);
      await this.load(); // somebody else may have saved meanwhile
      return false;
    } finally {
      this.busy = false;
    }
  }

  async revert(version: number): Promise<boolean> {
    if (!this.view || this.busy) return false;
    this.busy = true;
    try {
      this.take(await rulesApi.revert(this.camera, version, this.view.version));
      return true;
    } catch (error) {
      this.trouble = words(error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Go on with what is here, over what somebody else saved. */
  overrule(): void {
    if (this.stale) this.view = this.stale;
    this.stale = null;
    this.trouble = "";
    this.changed();
  }

  /* --- drawing ---------------------------------------------------------------------------------- */

  choose(shape: Shape | null): void {
    if (!sameShape(shape, this.chosen)) this.corner = null;
    this.chosen = shape;
  }
  draw(shape: Shape): void {
    this.choose(null);
    this.drawing = shape;
    this.trail = [];
  }
  cancel(): void {
    this.drawing = null;
    this.trail = [];
  }
  /** One more corner of what is drawn; done when it has all it can have. */
  add(point: Point): void {
    if (!this.drawing) return;
    this.trail = [...this.trail, point];
    const most = this.drawing.kind === "zone" ? Infinity : LEAST[this.drawing.kind];
    if (this.trail.length >= most) this.finish();
  }
  get canFinish(): boolean {
    return this.drawing !== null && this.trail.length >= LEAST[this.drawing.kind];
  }
  finish(): void {
    const shape = this.drawing;
    if (!shape || !this.canFinish) return;
    const points = this.trail;
    this.cancel();
    this.begin(shape, points);
  }
  /** A shape with these corners, as one step; chosen, so that it can be put right. */
  begin(shape: Shape, points: Point[]): void {
    const set = shape.kind === "ground" ? { ...this.set, ground: this.ground } : this.set;
    this.put(withPoints(set, shape, points));
    this.choose(shape);
  }

  remove(shape: Shape): void {
    this.put(removed(this.set, shape));
    this.choose(null);
  }
  removeCorner(at: number): void {
    const shape = this.chosen;
    if (!shape) return;
    const left = without(pointsOf(this.set, shape), at, LEAST[shape.kind]);
    if (!left || shape.kind !== "zone") {
      this.trouble = t("A shape of this kind cannot have fewer corners. Delete all of it instead.");
      return;
    }
    this.put(withPoints(this.set, shape, left));
    this.corner = Math.min(at, left.length - 1);
  }
  /** A corner in the middle of the edge that begins at this one. */
  split(edge: number): void {
    const shape = this.chosen;
    if (shape?.kind !== "zone") return;
    const points = pointsOf(this.set, shape);
    const middle = middles(points, isClosed(shape))[edge];
    if (!middle) return;
    this.put(withPoints(this.set, shape, inserted(points, edge, middle)));
    this.corner = edge + 1;
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
