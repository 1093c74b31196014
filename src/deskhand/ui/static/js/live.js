// What happens to tickets, as the server tells it: one tab of the browser holds the stream (Web Locks) and passes on what it
// hears (BroadcastChannel). Without these two each tab holds a stream of its own. Heard, it is an event "live" of the document.
const PAUSE_MS = 5000; // the line may be away that long before anybody is told
const KEPT_MS = 60_000; // what was heard lately is told again to a tab that has just come
const meta = document.querySelector("meta[name=live]");
const name = `deskhand-live-${meta?.dataset.user}`;
const isShared = Boolean(navigator.locks && window.BroadcastChannel);

class Line {
  constructor(cursor) {
    this.cursor = cursor;
    this.heard = [];
    this.wait = 0;
    this.ending = new AbortController();
    if (!isShared) return void this.open();
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }) => this.take(data);
    this.channel.postMessage({ kind: "join", since: performance.timeOrigin - 1000 });
    navigator.locks.request(name, { signal: this.ending.signal }, () => new Promise((free) => { this.free = free; this.open(); })).catch(() => {});
  }

  open() {
    if (this.ending.signal.aborted) return;
    this.source = new EventSource(`/live/?after=${encodeURIComponent(this.cursor)}`);
    for (const kind of ["hello", "ticket", "reset", "bye"]) this.source.addEventListener(kind, (event) => this.hear(kind, event));
    this.source.onerror = () => this.lose();
  }

  hear(kind, event) {
    const message = JSON.parse(event.data);
    this.cursor = event.lastEventId || message.at || this.cursor;
    if (kind === "hello") this.wait = 0;
    if (kind === "bye") this.source.close();
    this.pass({ ...message, kind: kind === "hello" ? "up" : kind, cursor: this.cursor });
    if (kind !== "bye" || message.why === "signed-out") return;
    if (message.why === "changed") this.pass({ kind: "reset" });
    this.again(3000 * Math.random());
  }

  // The browser tries again by itself, but for an answer that is no stream: 204 means that nobody is signed in.
  async lose() {
    this.pass({ kind: "down" });
    if (this.source.readyState !== EventSource.CLOSED) return;
    const answer = await fetch("/live/", { signal: AbortSignal.timeout(PAUSE_MS) }).catch(() => null);
    answer?.body?.cancel();
    if (answer?.status === 204) return this.pass({ kind: "bye", why: "signed-out" });
    this.wait = Math.min(60_000, Math.max(1000, this.wait * 2));
    this.again(this.wait * (0.5 + Math.random() / 2));
  }

  again(pause) {
    this.timer = setTimeout(() => this.open(), pause);
  }

  pass(message) {
    const now = Date.now();
    this.state = ["up", "down", "bye"].includes(message.kind) ? message : this.state;
    this.heard = [...this.heard.filter(({ at }) => at > now - KEPT_MS), { at: now, message }];
    this.channel?.postMessage(message);
    this.take(message);
  }

  take(message) {
    if (message.kind === "join") {
      if (!this.source) return;
      for (const { at, message: old } of this.heard) if (at >= message.since && ["ticket", "reset"].includes(old.kind)) this.channel.postMessage(old);
      if (this.state) this.channel.postMessage(this.state);
      return;
    }
    this.cursor = message.cursor ?? this.cursor;
    if (message.kind === "bye" && message.why === "signed-out") this.end();
    document.dispatchEvent(new CustomEvent("live", { detail: message }));
  }

  end() {
    clearTimeout(this.timer);
    this.ending.abort();
    this.source?.close();
    this.free?.();
    setTimeout(() => this.channel?.close()); // what was said last still goes out
  }
}

// The line is away: after a while the page says so, until it is back and everything has been looked at again.
let banner = null;
let timer = 0;
document.addEventListener("live", ({ detail: { kind, why } }) => {
  const isOut = kind === "bye" && why === "signed-out";
  if (kind === "up" && banner) document.dispatchEvent(new CustomEvent("live", { detail: { kind: "reset" } }));
  if (kind === "up" || isOut) {
    clearTimeout(timer);
    timer = 0;
    banner?.remove();
    banner = null;
  }
  if (isOut) show("live-out");
  else if ((kind === "down" || kind === "bye") && !timer) timer = setTimeout(() => show("live-down"), PAUSE_MS);
});

function show(id) {
  banner = document.getElementById(id).content.firstElementChild.cloneNode(true);
  document.getElementById("live").textContent = banner.firstElementChild.textContent;
  document.getElementById("toasts").append(banner);
  if (id === "live-out") banner.querySelector("a").search = `?next=${encodeURIComponent(location.pathname + location.search)}`;
}

let line = null;
const begin = () => { line = meta && document.querySelector("[data-live]") ? new Line(meta.content) : null; };
addEventListener("pagehide", () => line?.end());
addEventListener("pageshow", (event) => event.persisted && begin());
begin();
