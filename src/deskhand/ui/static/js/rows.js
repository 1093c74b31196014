// How what is new comes into a list or a conversation without disturbing who reads it.
import { morph, morphChildren } from "./morph.js";
import { markRow } from "./thread.js";

const NEAR_PX = 48;
const waiting = new WeakMap();
const rowsOf = (list) => [...list.querySelectorAll("[id^=row-]")];
const order = (list) => rowsOf(list).map((row) => row.id).join();

// Rows do not move under a pointer, away from the focus, or while somebody has scrolled down to them.
export const isBusy = (list) => {
  const rows = list.querySelector("tbody") ?? list;
  return rows.matches(":hover") || rows.contains(document.activeElement) || rows.scrollTop > 0;
};

// The list as `fresh` shows it; without `fresh`, as what waits shows it. Rows that stay where they are change at once.
export function settle(list, fresh = waiting.get(list)) {
  if (!fresh) return;
  const button = document.getElementById(`${list.id}-news`);
  const old = new Map(rowsOf(list).map((row) => [row.id, row]));
  const when = (row) => row?.querySelector("time")?.dateTime;
  const news = rowsOf(fresh).filter((row) => when(row) !== when(old.get(row.id)));
  if (isBusy(list) && order(list) !== order(fresh)) {
    waiting.set(list, fresh);
    for (const row of rowsOf(fresh)) if (old.has(row.id)) morph(old.get(row.id), row);
    markRow();
    if (button) button.textContent = button.dataset.words.replace("{n}", Math.max(1, news.length));
    if (button) button.hidden = false;
    return;
  }
  for (const row of news) row.dataset.fresh = "";
  replace(list, fresh);
}

function replace(list, fresh) {
  waiting.delete(list);
  const button = document.getElementById(`${list.id}-news`);
  if (button) button.hidden = true;
  if (fresh.id === list.id) morph(list, fresh);
  else morphChildren(list, fresh);
  htmx.process(list);
  markRow();
}

document.addEventListener("click", ({ target }) => {
  const list = target.closest("#rows-news") && document.getElementById("rows");
  if (!list) return;
  list.scrollTop = 0;
  replace(list, waiting.get(list));
  list.querySelector("a")?.focus();
});

// A conversation changes by `change`; who reads its end reads on, who reads above is told, who writes keeps the place.
export function update(pane, change, byOthers) {
  const messages = () => [...pane.querySelectorAll(".message")];
  const known = new Set(messages().map((message) => message.id));
  const follows = pane.matches("desk-thread") && isInView(messages().at(-1), pane);
  const writing = document.activeElement?.closest("textarea");
  const top = writing?.getBoundingClientRect().top;
  const shown = () => pane.querySelector("input[name=shown]");
  const before = shown()?.value;
  change();
  htmx.process(pane);
  const news = messages().filter((message) => !known.has(message.id));
  if (writing && !pane.matches("desk-thread")) scrollBy(0, writing.getBoundingClientRect().top - top);
  if (!document.getElementById("thread-news").hidden && shown()) shown().value = before;
  if (!byOthers || !news.length) return;
  for (const message of news) message.dataset.fresh = "";
  const live = document.getElementById("live");
  live.textContent = live.dataset.message.replace("{name}", news.at(-1).querySelector("header b").textContent);
  if (follows) pane.scrollTop = pane.scrollHeight;
  else if (!isInView(news.at(-1), pane)) {
    const [field, after] = [shown(), shown()?.value];
    if (field) field.value = before; // a reply is held until its writer has seen what came in (I08)
    offer(news, () => field && (field.value = after));
  }
}

function isInView(message, pane) {
  if (!message) return true;
  const [inner, outer] = [message, pane].map((each) => each.getBoundingClientRect());
  return inner.bottom <= Math.min(outer.bottom, innerHeight) + NEAR_PX;
}

function offer(news, seen) {
  const button = document.getElementById("thread-news");
  const all = Number(button.dataset.count ?? 0) + news.length;
  button.dataset.count = all;
  button.textContent = `${button.dataset.words.replace("{n}", all)} ↓`;
  button.hidden = false;
  const done = () => {
    button.hidden = true;
    button.dataset.count = 0;
    seen();
  };
  button.onclick = () => { news[0].scrollIntoView({ block: "center" }); done(); };
  new IntersectionObserver((entries, watch) => entries.some((entry) => entry.isIntersecting) && (done(), watch.disconnect())).observe(news.at(-1));
}
