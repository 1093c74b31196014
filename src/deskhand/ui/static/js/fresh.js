// Parts of the page that stay true: an element with data-live="address" is fetched again when something has happened to its
// ticket (data-number), or to any ticket if it is a list. At most once a second, only while somebody can see it.
import { morph, morphChildren } from "./morph.js";
import { isBusy, settle, update } from "./rows.js";

const LEAST_MS = 1000;
const JITTER_MS = 300; // five hundred people must not ask at the same instant
const OWN_MS = 2000; // what one has just done oneself is on the page already, with the answer
const SPOKEN = ["ticket.opened", "ticket.replied", "ticket.noted"];
const me = Number(document.querySelector("meta[name=live]")?.dataset.user);
const parts = new Map();
const heardAt = new Map();
let acting = 0;
let actedAt = 0;
let swaps = 0;
let isUp = false;

class Part {
  constructor(id) {
    this.id = id;
    this.last = 0;
  }

  get element() {
    return document.querySelector(`[data-live]#${this.id}`);
  }

  want({ byOthers = false } = {}) {
    this.isWanted = true;
    this.byOthers ||= byOthers;
    if (document.hidden || this.timer || this.isReading) return;
    const pause = Math.max(0, this.last + LEAST_MS - Date.now()) + JITTER_MS * Math.random();
    this.timer = setTimeout(() => this.read(), pause);
  }

  async read() {
    const { element, byOthers } = this;
    const [url, swap] = [element?.dataset.live, swaps];
    Object.assign(this, { timer: 0, isWanted: false, byOthers: false, isReading: true, last: Date.now() });
    try {
      const answer = url && (await fetch(url, { headers: { "HX-Request": "true", "HX-Target": this.id, Live: "1" }, redirect: "manual" }));
      const html = answer?.ok ? await answer.text() : "";
      const isStale = swap !== swaps || acting || !element?.isConnected || element.dataset.live !== url;
      if (isStale) this.want({ byOthers });
      else if (html) apply(element, new DOMParser().parseFromString(html, "text/html").body, byOthers);
      else if (element.dataset.number && [403, 404].includes(answer.status)) sayGone(element);
    } catch {
      setTimeout(() => this.want({ byOthers }), 5000);
    }
    this.isReading = false;
    if (this.isWanted) this.want();
  }
}

function apply(element, fresh, byOthers) {
  for (const piece of fresh.querySelectorAll("[hx-swap-oob]")) {
    const [how, where] = piece.getAttribute("hx-swap-oob").split(":");
    const target = how === "innerHTML" && document.querySelector(where);
    if (target) morphChildren(target, piece);
    piece.remove();
    if (target) htmx.process(target);
  }
  const own = fresh.querySelector(`#${element.id}`);
  if (element.dataset.number) update(element, () => (own ? morph(element, own) : morphChildren(element, fresh)), byOthers);
  else settle(element, own ?? fresh);
}

function sayGone(element) {
  element.removeAttribute("data-live");
  const notice = document.getElementById("live-gone").content.cloneNode(true);
  for (const box of document.querySelectorAll("#context, #ticket-head .end, #ticket .end, #ticket aside")) if (!box.closest("desk-composer")) box.replaceChildren();
  for (const button of document.querySelectorAll("desk-composer button")) button.disabled = true;
  (element.matches("desk-thread") ? element : element.querySelector(".thread")).replaceChildren(notice);
  document.getElementById("live").textContent = element.querySelector(".empty p").textContent;
}

function part(id) {
  if (!parts.has(id)) parts.set(id, new Part(id));
  return parts.get(id);
}

const shown = () => [...document.querySelectorAll("[data-live]")];

document.addEventListener("live", ({ detail }) => {
  if (detail.kind === "up" || detail.kind === "down") isUp = detail.kind === "up";
  if (detail.kind === "reset") for (const { id } of shown()) part(id).want();
  if (detail.kind !== "ticket") return;
  const isMine = detail.by === me;
  const isOnPage = isMine && (acting || Date.now() - actedAt < OWN_MS);
  heardAt.set(detail.n, Date.now());
  for (const element of shown()) {
    if (element.dataset.number && Number(element.dataset.number) !== detail.n) continue;
    if (element.dataset.number && detail.gone) sayGone(element);
    else if (!element.dataset.number || !isOnPage) part(element.id).want({ byOthers: !isMine });
  }
  if (document.hidden && !isMine && detail.k?.some((kind) => SPOKEN.includes(kind))) count(detail.n);
});

// Whoever looks elsewhere sees in the tab how many tickets have something new.
const missed = new Set();
let title = "";
function count(number) {
  title ||= document.title;
  document.title = `(${missed.add(number).size}) ${title}`;
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (title) document.title = title;
  title = "";
  missed.clear();
  for (const each of parts.values()) if (each.isWanted) each.want();
});

const isPost = (event) => event.detail.requestConfig?.verb === "post";
let askedAt = 0;
document.addEventListener("htmx:beforeRequest", (event) => {
  askedAt = Date.now();
  if (isPost(event)) acting += 1;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isPost(event)) return;
  acting -= 1;
  actedAt = Date.now();
  if (!isUp) for (const { id, dataset } of shown()) if (!dataset.number) part(id).want();
});
document.addEventListener("htmx:afterSwap", () => { swaps += 1; });
// Another ticket was opened: what happened to it while it was on its way.
document.addEventListener("htmx:afterSettle", () => {
  for (const { id, dataset } of shown()) if (heardAt.get(Number(dataset.number)) > Math.max(askedAt, actedAt)) part(id).want({ byOthers: true });
});
for (const event of ["pointerover", "focusin", "scrollend"]) document.addEventListener(event, () => shown().forEach((element) => !element.dataset.number && !isBusy(element) && settle(element)), { passive: true, capture: true });
