/** Notification: what the desk says of it, and what this browser has to do with it. */

import { request } from "./api";
import { t } from "./i18n";

export interface Target {
  name: string;
  kind: string;
  where: string;
  ready: boolean;
  trouble: string;
  waiting: number;
  sent: number;
  dead: number;
  last_sent: number | null;
  muted_until: number | null;
  muted_by: string;
  quiet_until: number | null;
  parts: string[];
}

export interface Letter {
  key: string;
  target: string;
  part: string;
  state: "gathering" | "waiting" | "dead";
  opened: number;
  due: number;
  count: number;
  tries: number;
  error: string;
  title: string;
  text: string;
}

export interface Notify {
  time: number;
  targets: Target[];
  letters: Letter[];
  me_muted_until: number | null;
  push_key: string;
}

export interface Outcome {
  target: string;
  part: string;
  taken: boolean;
  said: string;
}

const name = encodeURIComponent;

export const notify = {
  all: () => request<Notify>("GET", "/api/notify"),
  again: (key: string) => request<unknown>("POST", `/api/notify/letters/${name(key)}/again`),
  test: (target: string) =>
    request<{ outcomes: Outcome[] }>("POST", `/api/notify/targets/${name(target)}/test`).then(
      (got) => got.outcomes,
    ),
  mute: (target: string | null, minutes: number) => request<unknown>("POST", muted(target), { minutes }),
  unmute: (target: string | null) => request<unknown>("DELETE", muted(target)),
  register: (browser: PushSubscriptionJSON) =>
    request<unknown>("POST", "/api/notify/me/browsers", { endpoint: browser.endpoint, keys: browser.keys }),
  leave: (endpoint: string) => request<unknown>("POST", "/api/notify/me/browsers/leave", { endpoint }),
};

function muted(target: string | null): string {
  return target === null ? "/api/notify/me/mute" : `/api/notify/targets/${name(target)}/mute`;
}

/** A key of the desk as the browser wants it. */
export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}

/** Whether this browser can take messages at all: only over HTTPS, or on this very machine. */
export function canPush(): boolean {
  return (
    globalThis.isSecureContext === true &&
    typeof navigator !== "undefined" &&
    "serviceWorker" in navigator &&
    "PushManager" in globalThis
  );
}

async function worker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register("/push.js");
}

/** Whether this browser is told of alarms. */
export async function isRegistered(): Promise<boolean> {
  const found = await navigator.serviceWorker.getRegistration("/push.js");
  return !!(await found?.pushManager.getSubscription());
}

/** Asks the person, then registers this browser. An Error says why not. */
export async function register(key: string): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error(t("This browser does not let the page show messages. Allow it in its settings."));
  }
  const registration = await worker();
  await navigator.serviceWorker.ready;
  const browser = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  });
  try {
    await notify.register(browser.toJSON());
  } catch (error) {
    await browser.unsubscribe();
    throw error;
  }
}

/** Nothing more is told to this browser. */
export async function leave(): Promise<void> {
  const found = await navigator.serviceWorker.getRegistration("/push.js");
  const browser = await found?.pushManager.getSubscription();
  if (!browser) return;
  await notify.leave(browser.endpoint);
  await browser.unsubscribe();
}
