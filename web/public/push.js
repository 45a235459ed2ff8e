// Shows a message of the desk while its page is closed. It reads nothing and keeps nothing.
self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    // not one of ours
  }
  const again = said.severity === "critical";
  event.waitUntil(
    self.registration.getNotifications({ tag: said.tag }).then((shown) =>
      self.registration.showNotification(said.title ?? "Streetlamp", {
        body: said.text ?? "",
        tag: said.tag,
        icon: "/lamp.svg",
        timestamp: said.time,
        requireInteraction: again,
        silent: shown.length > 0, // the same one with newer numbers
        data: { link: said.link },
      }),
    ),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = event.notification.data?.link;
  const to = typeof link === "string" && /^\/(?![/\\])/.test(link) ? link : "/alarms";
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const page = open[0];
      return page ? page.focus().then((client) => client.navigate(to)) : self.clients.openWindow(to);
    }),
  );
});
